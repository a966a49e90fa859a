// Package file reads and writes files of records: JSON lines, CSV, TSV, text lines and .xlsx sheets, plain or
// compressed, one or many, or standard input and output.
//
// Source finds out what the files are (format.go), cuts records out of them (reader.go) and leaves it to Decode, which
// runs on the engine's workers, to check them and fill in the wanted columns. It promises:
//
//   - an offset is the line, counted from 0, on which a record begins, whatever lies in between, and a reader opened at
//     an offset goes on exactly there;
//   - a record that is wrong is a row with a fault, and nothing of it is repaired in silence; the others go on;
//   - damage that the compression can tell, and a file that changed while it was read, end the split with an error;
//   - no record is held that is larger than a record may be.
//
// Sink writes results beside the output until they are sealed.
//
// Each format has a package of its own below this one: jsonl, csv and xlsx read, encode writes; inflate, charset and
// column are their tools. The package imports pipeline and its leaves.
package file
