package xlsx

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// appendResolved appends XML text with its entities resolved and its line ends made \n.
func appendResolved(dst, raw []byte) ([]byte, error) {
	for {
		i := bytes.IndexAny(raw, "&\r")
		if i < 0 {
			return append(dst, raw...), nil
		}
		dst = append(dst, raw[:i]...)
		raw = raw[i:]
		if raw[0] == '\r' {
			dst = append(dst, '\n')
			raw = bytes.TrimPrefix(raw[1:], []byte{'\n'})
			continue
		}
		end := bytes.IndexByte(raw, ';')
		if end < 0 {
			return dst, badXML("an entity has no end")
		}
		r, ok := entity(string(raw[1:end]))
		if !ok {
			return dst, badXML("&%.20s; is no entity of a workbook", raw[1:end])
		}
		dst = utf8.AppendRune(dst, r)
		raw = raw[end+1:]
	}
}

func entity(name string) (rune, bool) {
	switch name {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	return rune(n), err == nil && n <= utf8.MaxRune && utf8.ValidRune(rune(n)) && n != 0
}

// unescape replaces _xHHHH_ by the character that it stands for, in place, and returns what is left of b. Halves of
// surrogate pairs, which have no UTF-8, become U+FFFD unless they meet.
func unescape(b []byte) []byte {
	from := bytes.Index(b, []byte("_x"))
	if from < 0 {
		return b
	}
	out, high := b[:from], rune(0)
	for i := from; i < len(b); {
		r, ok := rune(0), i+7 <= len(b) && b[i] == '_' && isEscape(string(b[i:i+7]))
		if ok {
			n, _ := strconv.ParseUint(string(b[i+2:i+6]), 16, 16)
			r = rune(n)
		}
		switch {
		case !ok:
			out = append(out, b[i])
			i, high = i+1, 0
			continue
		case high != 0 && r >= 0xDC00 && r < 0xE000:
			out = utf8.AppendRune(out[:len(out)-len("\ufffd")], (high-0xD800)<<10|(r-0xDC00)+0x10000)
			high = 0
		default:
			high = 0
			if r >= 0xD800 && r < 0xDC00 {
				high = r
			}
			out = utf8.AppendRune(out, r)
		}
		i += 7
	}
	return out
}
