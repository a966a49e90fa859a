// Package redact hides entities from a sink: it replaces them by marks, or by keyed hashes, wherever the sink could see them.
// A Redactor is made for one sink; other sinks, and the dead letters, keep records as they came.
//
// What is looked through are the values of the named fields, or of those that the text is made of: in the record's own bytes
// (JSON, CSV, text), which sinks splice results into, in its columns, in the text that was classified, and in the entities
// among the results. Each value is looked through by itself. Names of fields, and a message's key and headers, stay, unless
// the latter are named.
//
// Promises:
//
//   - No entity that the finder finds in a value of these fields is in what the sink gets.
//   - A value without one keeps its bytes.
//   - What can't be redacted is refused before the first record, or ends the batch; it is never passed on.
//
// The package imports pipeline and classify (the contracts) and the codecs jsonl and csv (escaping, quoting).
package redact
