// Package classify is the contract of everything that gives texts their labels: the Classifier interface, the label
// set that it works on, and its results as reusable columns. It depends on Arrow, on a YAML parser for label sets
// and on pipeline/fault; backends live in packages below it (static, linear, encoder, …) and never import one another.
//
// Promises that every backend keeps, and that package classifytest checks:
//
//   - Classify fills exactly one row of the results for each text, in order, and keeps no reference to the texts.
//   - A null text gives a null label, never an error.
//   - A text's answer does not depend on the other texts of the call, on the batch size or on the number of threads.
//   - Confidences are in [0, 1], rounded to 4 decimals; in single mode they sum to 1 over the labels before rounding.
package classify
