// Package inflate decompresses input files: gzip, zstd and bz2, told apart by their first bytes. It is strict about the
// end of a file, where these formats show damage. Limits are the caller's.
package inflate
