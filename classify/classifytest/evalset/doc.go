// Package evalset is what tests of backends measure with: the labelled sets that classifiers are judged by, small labels and
// texts, and how good the answers are.
//
// The sets are not part of the repository, since their licences differ: they lie in a folder of which each set has one with
// labels.json, a classify.LabelSet, and train.jsonl and test.jsonl, a text with its label or labels a line. A test that asks
// for a set is skipped where there is none.
package evalset
