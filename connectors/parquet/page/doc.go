// Package page reads and writes what lies between a Parquet file's footer and its values: thrift's compact encoding,
// page headers, compression, checksums, and the encodings of levels, indexes and values.
//
// Everything here takes its sizes from untrusted bytes, so every function is told beforehand how much it may produce,
// allocates no more than that, and returns ErrCorrupt (or an *Unsupported) instead of panicking. That is why the
// decoders are our own: the common ones allocate what a header claims before they look at the data. Encoding, where the
// sizes are ours, is left to parquet-go.
//
// The package imports nothing of winnow.
package page
