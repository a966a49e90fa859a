// Package celltype carries what the cells of a sheet's row are beside the text that they show: numbers with their formats, and truth
// values. A sheet's reader puts them into a column of their own (Field), and who writes a sheet has them again, as long as the text
// is the one that the cell showed: what a stage or a redaction has changed is text.
//
// A row is the Cell of its cells, one after the other in the order of the columns. The package imports pipeline, for the column's
// name.
package celltype
