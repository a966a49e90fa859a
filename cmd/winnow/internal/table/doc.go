// Package table is about jobs that give a file back with columns added: a sheet, CSV, JSON lines or Parquet comes in, and the
// same rows go out in the same order with their labels, or with what was found in them. A row that could not be answered has
// its reason in the column error.
//
// A Config is what such a job does, in the shape in which a job's row keeps it. Look tells what a file is before any row is
// read, Choose which of its columns hold the texts, Count how many rows there are, Preview what the first ones say. Sink is
// the output of the job's pipeline; who builds the rest of it is package wire.
//
// Files are read through a disk.FS; Files makes one of a blob, which is read where it lies.
package table
