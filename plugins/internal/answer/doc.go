// Package answer is what a classifier is asked and answers, as the columns that plugin.proto defines: texts on the way
// there, labels with confidences on the way back. The SDK writes what the host reads.
package answer
