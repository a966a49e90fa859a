// Package column turns the pages of one Parquet column into Arrow arrays and back, a page at a time: Reader and the
// assembly of nested values on one side, Writer and the taking apart on the other.
//
// A Reader holds one page in memory, whatever the size of its row group. Values of flat columns are copied in bulk from
// the inflated page into the Arrow buffer; a text column that its file keeps in a dictionary stays in one, reduced to
// what the batch uses, so that each distinct text is looked at once downstream.
package column
