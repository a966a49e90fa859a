package csv

import "bytes"

// AppendField appends a field, in quotes where it holds the delimiter, a quote or a line end, and returns the extended
// buffer. A record that is one empty field has to be written by AppendQuoted, or it would be a blank line.
func AppendField(dst, value []byte, delimiter byte) []byte {
	if !needsQuotes(value, delimiter) {
		return append(dst, value...)
	}
	return AppendQuoted(dst, value)
}

// AppendQuoted appends a field in quotes.
func AppendQuoted(dst, value []byte) []byte {
	dst = append(dst, '"')
	for {
		i := bytes.IndexByte(value, '"')
		if i < 0 {
			break
		}
		dst = append(dst, value[:i+1]...)
		dst = append(dst, '"')
		value = value[i+1:]
	}
	dst = append(dst, value...)
	return append(dst, '"')
}

func needsQuotes(value []byte, delimiter byte) bool {
	for _, c := range value {
		if c == delimiter || c == '"' || c == '\n' || c == '\r' {
			return true
		}
	}
	return false
}
