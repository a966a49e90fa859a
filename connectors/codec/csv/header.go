package csv

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// longName is how many characters a column's name has at most; longWords how many words.
const (
	longName  = 64
	longWords = 6
)

// headRows is among how many rows the one with the columns' names is looked for.
const headRows = 20

// headerRow finds the row with the columns' names: the first one, unless that and those after it are titles. Titles have a
// value in their first field alone. What follows them has to be plainly a header, of as many fields
// as each row below has: a row that could be a record is none, and so are the pieces of a sentence.
func headerRow(rows [][][]byte) int {
	if len(rows) < 3 { // a title, names and a record
		return 0
	}
	width := len(rows[len(rows)-1])
	at := 0
	for at < len(rows)-2 && at < headRows && isTitle(rows[at], width) {
		at++
	}
	for _, row := range rows[at:] {
		if len(row) != width {
			return 0
		}
	}
	if at == 0 || !areNames(rows[at]) {
		return 0
	}
	for c := range width {
		if numericBelow(rows[at+1:], c) {
			return at
		}
	}
	if width < 3 {
		return 0
	}
	return at
}

// isTitle tells whether a row can be a title above rows of so many fields.
func isTitle(row [][]byte, width int) bool {
	for _, field := range row[1:] {
		if len(bytes.TrimSpace(field)) > 0 {
			return false
		}
	}
	return len(row) < width || len(row) == width && width > 2
}

// areNames tells whether a row's fields can be nothing but names: none is empty, a number or a long text, or has blanks around it.
func areNames(row [][]byte) bool {
	for _, field := range row {
		if len(field) == 0 || len(bytes.TrimSpace(field)) < len(field) || isNumber(field) || isLong(field) {
			return false
		}
	}
	return true
}

// isLong tells whether a field is a text that is too long for a name.
func isLong(field []byte) bool {
	text := string(field)
	return utf8.RuneCountInString(text) > longName || len(strings.Fields(text)) > longWords || strings.ContainsAny(text, "\n")
}

// looksLikeHeader judges whether the first of some rows names the columns, and if not, why. Numbers decide where there
// are any: a column that is numeric below a word has a header, one that is numeric from the first row on has none.
// Else only a text that is too long for a name speaks against it.
func looksLikeHeader(rows [][][]byte) (header bool, why string) {
	first, rest := rows[0], rows[1:]
	numeric := ""
	for c, field := range first {
		below := numericBelow(rest, c)
		switch {
		case below && !isNumber(field) && len(bytes.TrimSpace(field)) > 0:
			return true, ""
		case isNumber(field) && (below || len(rest) == 0):
			numeric = string(field)
		}
	}
	if numeric != "" {
		return false, "it holds the number " + numeric
	}
	for _, field := range first {
		if isLong(field) {
			return false, "it holds a long text"
		}
	}
	return true, ""
}

// numericBelow reports whether a column holds numbers alone, at least one.
func numericBelow(rows [][][]byte, c int) bool {
	some := false
	for _, row := range rows {
		if c >= len(row) || len(row[c]) == 0 {
			continue
		}
		if !isNumber(row[c]) {
			return false
		}
		some = true
	}
	return some
}

func isNumber(field []byte) bool {
	s := strings.TrimSpace(string(field))
	_, err := strconv.ParseFloat(s, 64)
	return err == nil && strings.ContainsAny(s[len(s)-1:], "0123456789.")
}

// Plain reports whether a text of unknown format plainly is CSV: at least two records, all of the same number of
// fields, under a header of short names.
func Plain(head []byte, whole bool) bool {
	delimiter, share := guess(head, whole)
	if delimiter == 0 || share < 1 {
		return false
	}
	rows, _, open := sample(head, whole, delimiter)
	if open > 0 || len(rows) < 2 || headerRow(rows) > 0 {
		return false
	}
	for _, name := range rows[0] {
		text := string(name)
		if text == "" || strings.TrimSpace(text) != text || len(text) > longName/2 || strings.ContainsAny(text, ".!?") || len(strings.Fields(text)) > 3 || isNumber(name) {
			return false
		}
	}
	return true
}
