package jsonl

import (
	"encoding/binary"
	"unicode/utf8"
)

// AppendSpliced appends the JSON object raw with members added at its end, and returns the extended buffer. Members is
// what stands between the braces of an object, such as `"label":"bug","confidence":0.9`. Raw must be one valid object;
// white space around it, its line end included, is left out, everything inside stays as it is.
func AppendSpliced(dst, raw, members []byte) []byte {
	from, to := 0, len(raw)
	for from < to && isSpace(raw[from]) {
		from++
	}
	for to > from && isSpace(raw[to-1]) {
		to--
	}
	if len(members) == 0 || to == from {
		return append(dst, raw[from:to]...)
	}
	dst = append(dst, raw[from:to-1]...)
	last := len(dst) - 1
	for isSpace(dst[last]) {
		last--
	}
	if dst[last] != '{' {
		dst = append(dst, ',')
	}
	dst = append(dst, members...)
	return append(dst, '}')
}

// AppendString appends s as a JSON string in quotes and returns the extended buffer. Only what must be escaped is;
// bytes that are not UTF-8 become U+FFFD.
func AppendString[S string | []byte](dst []byte, s S) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		if i+8 <= len(s) && plain(s, i) {
			i += 8
			continue
		}
		c := s[i]
		if c >= utf8.RuneSelf {
			size := runeLen(s, i)
			if size > 0 {
				i += size
				continue
			}
			dst = append(dst, s[from:i]...)
			dst = append(dst, "\ufffd"...)
		} else {
			if c >= ' ' && c != '"' && c != '\\' {
				i++
				continue
			}
			dst = append(dst, s[from:i]...)
			dst = appendEscape(dst, c)
		}
		i++
		from = i
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}

// plain reports whether the 8 bytes at s[i] are ASCII characters that need no escape. It may miss some.
func plain[S string | []byte](s S, i int) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	w := uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
		uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
	quote, slash := w^'"'*ones, w^'\\'*ones
	// A byte's top bit comes out where it is above 0x7f, below a space, or zero after the exclusive or.
	return (w|(w-' '*ones)|(quote-ones)|(slash-ones))&highs == 0
}

// runeLen is the length of the UTF-8 sequence at s[i], 0 where it is invalid.
func runeLen[S string | []byte](s S, i int) int {
	var head [utf8.UTFMax]byte
	n := copy(head[:], s[i:])
	r, size := utf8.DecodeRune(head[:n])
	if r == utf8.RuneError && size == 1 {
		return 0
	}
	return size
}

func appendEscape(dst []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	default:
		return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// The words of eight bytes that the loops below compare with.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special marks, by its high bit, each byte of w that ends the plain run of a JSON string: a quote, a backslash or a
// control character. The lowest mark is exact; those above it may be false.
func special(w uint64) uint64 {
	quote := w ^ ones*'"'
	slash := w ^ ones*'\\'
	return ((w-ones*' ')&^w | (quote-ones)&^quote | (slash-ones)&^slash) & highs
}

func word(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
