// Package jsonl reads and writes JSON objects one a line without parsing them into trees. A Plan says which fields are
// wanted; Decode checks each record against RFC 8259 byte by byte, notes where the wanted fields lie, and then builds
// their columns. Records that are wrong become faults of their rows, with line and column.
//
// Stricter than the standard library: field names match exactly, a field that is read may stand in a record only once,
// invalid UTF-8 and lone surrogates in a value that is read are faults, and so is text after the object.
//
// Sinks use AppendSpliced and AppendString to put results into the original bytes of a record.
//
// The package imports pipeline (the contract), pipeline/fault and the column builders.
package jsonl
