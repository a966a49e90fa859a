// Package xlsx reads the rows of a sheet and writes workbooks of one sheet, both as streams.
//
// A workbook is a zip archive of XML files. Reading goes through archive/zip, which checks the archive's checksums, and
// a scanner of its own for the XML, which takes a damaged sheet for damaged. (The row iterator of the library excelize
// ends silently at the first byte that is not XML, gives an index for a text that is missing, and does not tell an error
// from a text.) excelize renders what needs a number format, such as dates.
//
//   - Layout looks at a workbook once, from end to end: its sheet, its header, how far its rows go.
//   - Open reads the rows below the header, from any of them on.
//   - Write makes a workbook of a journal of rows.
//
// A record's offset is its row in the sheet, counted from 0. All columns are text, as the sheet shows it; cells without
// a value are null. Nothing is held of a sheet but the row under way and the workbook's shared texts.
//
// Promises: what is cut or damaged is an error with its place, never a shorter sheet; archives that inflate beyond the
// limits are refused before they are read; text comes back as it was written.
//
// The package imports pipeline (the contract), pipeline/disk, pipeline/fault and the column builders.
package xlsx
