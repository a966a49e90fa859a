// Package keyphrase gives a document free tags: the phrases of its own text that tell best what it is about, without
// labels, training or network.
//
// A Finder reads a text once (scan.go), cuts it at punctuation and stop words (stop.go), and counts the runs of up to
// four words in between in a table of bounded size (count.go). Forms that differ in case, in a plural s or in a hyphen
// are one candidate (fold.go). The best by frequency, place and length get the vector of package static and are weighed
// by how near they are to the document's (rank.go); maximal marginal relevance spreads what is given (spread.go).
//
// Tags stand in the order in which they were chosen, so the first n of a long list are the list of n. A tag's Score is
// its relevance by itself, whatever was chosen before it: the fourth root of the product of
//
//   - similarity: the cosine of the phrase's and the document's vectors, negative ones counting as 0;
//   - frequency: f/(f+√F), where F is the largest f of the text, and f are the phrase's occurrences less those of the
//     candidates that are one word longer and hold it, a quarter at least. (The C-value of Frantzi, Ananiadou and Mima,
//     2000, takes the mean of those; their sum leaves fewer fragments of longer terms.)
//   - place: from 1 at the text's beginning down to 0.4, where it is first seen;
//   - length: log₂(words+1) / log₂ 5.
//
// Scores order the phrases of one text; they say little across texts of different length, and are no probabilities.
//
// English has a stop list and the vectors. A text is taken for English when a fifth of its words are stop words of
// English. Others fall back to statistics: short and frequent words count as stop words, and similarity as 1. Scripts
// that put no spaces between words (Han, kana, Thai and their like) have no candidates; Tags.Reason says so.
//
// Time is linear in the text's length: a core reads about 50 MB of English in a second (BenchmarkFind, AMD EPYC), 20 MB of
// words that never come again. Memory is bounded whatever the text, at 10 MiB a goroutine: at most 65,536 phrases are counted at once,
// and rare ones are forgotten when there are more. The same text gives the same tags on every machine.
package keyphrase
