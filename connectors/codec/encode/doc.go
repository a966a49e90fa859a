// Package encode turns the rows of batches into the bytes of a file: JSON objects or CSV records, one a row, or the
// cells of a sheet's journal.
//
// Where the source kept its records' bytes (pipeline.RawJSON, pipeline.RawCSV) results are spliced into them, so that
// what the user wrote comes out as it went in; other rows are built from their columns. An Encoder is made once for a
// layout; Append then works on the engine's workers. Nothing is allocated for a record.
//
// Promises: every row selected by Batch.Rows yields exactly one record or one fault; a JSON record is valid JSON if its
// raw bytes were; a CSV record reads back (RFC 4180) as the values that went in.
//
// The package imports pipeline (the contract) and the codecs jsonl, csv and celltype (escaping, splicing, quoting, what cells are).
package encode
