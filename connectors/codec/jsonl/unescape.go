package jsonl

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// unescape writes the string whose checked JSON text (without quotes) is src into dst, which must be as long, and
// returns its length. It reports false where an escape is half of a surrogate pair without the other half; U+FFFD
// stands for it then.
func unescape(dst, src []byte) (n int, ok bool) {
	ok = true
	for {
		plain := bytes.IndexByte(src, '\\')
		if plain < 0 {
			return n + copy(dst[n:], src), ok
		}
		n += copy(dst[n:], src[:plain])
		src = src[plain:]
		if src[1] != 'u' {
			dst[n] = plainEscape(src[1])
			n++
			src = src[2:]
			continue
		}
		r := hex4(src[2:])
		src = src[6:]
		if utf16.IsSurrogate(r) {
			pair := rune(utf8.RuneError)
			if len(src) >= 6 && src[0] == '\\' && src[1] == 'u' {
				pair = utf16.DecodeRune(r, hex4(src[2:]))
			}
			if pair == utf8.RuneError {
				ok = false
			} else {
				src = src[6:]
			}
			r = pair
		}
		n += utf8.EncodeRune(dst[n:], r)
	}
}

func plainEscape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	default:
		return c
	}
}

func hex4(b []byte) (r rune) {
	for _, c := range b[:4] {
		r = r<<4 | rune(hexDigit(c))
	}
	return r
}
