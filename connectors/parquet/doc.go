// Package parquet reads and writes Parquet files: Source takes files, globs and folders apart into row-group ranges;
// Sink writes one file or a folder of part files, exactly once.
//
// What it promises: no byte of an input makes the process fail or take more memory than limits.go and page's limits
// allow; a damaged page is an error where its file has page checksums; the rows of the pages are those that the footer
// counts. What is written has checksums, statistics and page indexes, the input's columns, types and metadata, and then
// the results.
//
// It may import pipeline and its leaves, and its own subpackages schema, page and column.
package parquet
