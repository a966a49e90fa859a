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
		text := string(field)
		if utf8.RuneCountInString(text) > longName || len(strings.Fields(text)) > longWords || strings.ContainsAny(text, "\n") {
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
	if open > 0 || len(rows) < 2 {
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
