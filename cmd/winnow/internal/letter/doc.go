// Package letter reads files of rejected records ("dead letters"): one JSON object a line that says why a record was
// rejected, where it stood, and what it was. The engine writes them (pipeline.DeadLetterLayout).
package letter
