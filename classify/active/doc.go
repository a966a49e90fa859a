// Package active chooses the texts whose labels would teach a classifier most, out of any number of unlabelled ones.
//
// A Chooser is given Candidates (candidate.go), each with the margin that a classifier has for it, and keeps a sample of
// them in bounded memory (pool.go). From that it chooses greedily (cover.go): each time the text of which the product of two
// things is largest, how unsure the classifier is of it, and how much nearer than before it comes to texts that the
// classifier is unsure of. Labelled texts count as chosen before. So a choice is unsure, typical and diverse at once, and of
// texts that are nearly the same one is chosen.
//
// The second factor is the gain of facility location, Σ wᵢ · max over chosen s of likeness(i, s), with the uncertainty wᵢ as
// weight. It only falls as more is chosen, so that greed can be lazy (Minoux, 1978). Facility location over uncertain texts
// is that of Wei, Iyer and Bilmes ("Submodularity in Data Subset Selection and Active Learning", ICML 2015), which filters by
// uncertainty first. With weights in place of a filter one rule serves both starts: where a classifier has no examples and
// is unsure of nearly everything, typical texts are chosen, as they should be (Hacohen, Dekel and Weinshall, "Active Learning
// on a Budget: Opposite Strategies Suit High and Low Budgets", ICML 2022); later, those that are hard. Uncertainty is one
// minus the margin between the two best labels (Scheffer, Decomain and Wrobel, 2001). Likeness is the cosine of static
// vectors, squared.
//
// The same texts, margins and seed give the same choice, in whatever order they come and whatever the number of cores.
package active
