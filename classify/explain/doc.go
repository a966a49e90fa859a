// Package explain is what backends share that say which words of a text moved a label's score (classify.Explainer): how a
// text is cut into words (word.go), which words are shown (strongest.go), and, for scores that are no sums over words, what
// leaving a word out changes (occlude.go).
//
// A weight is in the logarithm of odds. In single mode a label's odds are those against the geometric mean of the other
// labels (Relative), so that a word that raises all labels alike weighs nothing. It may import classify alone.
package explain
