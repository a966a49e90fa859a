// Package head trains winnow's own classifier and answers with it: a linear model over a text's static vector and its
// hashed n-grams of words and characters.
//
// Train reads examples (data.go), chooses n-grams (ngram.go, vocabulary.go), turns texts into rows (rows.go), finds a
// plane for each label, by multinomial regression where all fit at once (softmax.go) and else by a linear support vector
// machine for each (solve.go, plane.go), chooses parameters by cross-validation (choose.go, fold.go), makes margins
// confidences (calibrate.go) and tells how it went (report.go). The names and descriptions of labels are
// learnt from as if they were examples, which counts most where examples are few.
//
// A Model is a classify.Classifier (model.go, score.go) and is written and read in a format of its own (format.go).
// Answers are computed with integers and single IEEE 754 operations, so that they are the same on every machine; a
// training is the same for the same seed, whatever the number of cores.
package head
