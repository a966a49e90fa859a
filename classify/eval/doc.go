// Package eval measures how good a classifier's answers are against gold labels: an Evaluator takes answered rows one by
// one and makes a Report of them, Outcomes remember which rows one classifier got right, and Compare tests whether
// another does better on the same rows. It depends on package classify and on coded errors; it reads no files.
//
// Promises:
//
//   - An Evaluator's memory does not grow with the rows. It holds the pairs of labels that occur, at most labels²; for
//     each label its confidences counted at the 4 decimals that classifiers report, at most 160 KB a label; the worst
//     rows, whose number and texts are bounded; and the names of unknown gold labels, of which 1,000 are told apart.
//   - Outcomes hold 16 bytes a row: a paired comparison has to know which rows both got right.
//   - Everything is counted in whole numbers and put together in a fixed order, so that the same rows give the same
//     report to the last digit, in whatever order they came (the order decides only which of equally bad rows are kept).
//   - A score without rows behind it is unknown, never 0: NaN in memory, null in JSON.
//
// Numbers agree with scikit-learn, scipy and statsmodels; parity_test.go holds them to that.
package eval
