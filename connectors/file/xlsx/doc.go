// Package xlsx reads the rows of a sheet and writes workbooks of one sheet, both as streams.
package xlsx
