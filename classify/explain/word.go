package explain

import (
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
)

// Span is a part of a text, in bytes.
type Span struct{ Start, End int32 }

// Words appends the words and signs of a text to dst: the segments of Unicode Standard Annex 29 that are not blank.
func Words(dst []Span, text string) []Span {
	for it := words.FromString(text); it.Next(); {
		if !blank(it.Value()) {
			dst = append(dst, Span{int32(it.Start()), int32(it.End())})
		}
	}
	return dst
}

// blank reports whether nothing of a segment can be seen.
func blank(segment string) bool {
	for _, r := range segment {
		if !unicode.IsSpace(r) && !unicode.IsControl(r) && r != utf8.RuneError {
			return false
		}
	}
	return true
}
