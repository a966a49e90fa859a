// Package csv reads comma-separated records as RFC 4180 has them, byte by byte: line ends inside quotes stay as they
// are, a quote inside an unquoted field and text after a closing quote are faults of their record, and so is another
// number of fields than the header has. Delimiter and header are found by Detect.
//
// A Cutter finds where records end; a Plan then splits them into fields and builds the wanted columns, all of them
// utf8. Sinks use AppendField to write fields.
//
// The package imports pipeline (the contract), pipeline/fault and the column builders.
package csv
