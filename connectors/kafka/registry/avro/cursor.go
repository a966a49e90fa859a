package avro

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// cursor moves over JSON text. Its methods report whether what they look for stands there.
type cursor struct {
	in []byte
	at int
	// scratch holds the last string that had escapes.
	scratch []byte
}

// peek is the next byte after white space, 0 at the end.
func (c *cursor) peek() byte {
	for c.at < len(c.in) {
		switch b := c.in[c.at]; b {
		case ' ', '\n', '\r', '\t':
			c.at++
		default:
			return b
		}
	}
	return 0
}

// take steps over b.
func (c *cursor) take(b byte) bool {
	if c.peek() != b {
		return false
	}
	c.at++
	return true
}

// word steps over a literal.
func (c *cursor) word(w string) bool {
	if c.peek() != w[0] || len(c.in)-c.at < len(w) || string(c.in[c.at:c.at+len(w)]) != w {
		return false
	}
	c.at += len(w)
	return true
}

// text reads a string; what it returns is valid until the next.
func (c *cursor) text() ([]byte, bool) {
	if !c.take('"') {
		return nil, false
	}
	from := c.at
	for i := from; i < len(c.in); i++ {
		switch b := c.in[i]; {
		case b == '"':
			c.at = i + 1
			return c.in[from:i], utf8.Valid(c.in[from:i])
		case b == '\\':
			return c.escaped(from, i)
		case b < ' ':
			return nil, false
		}
	}
	return nil, false
}

// escaped reads the rest of a string from its first escape on.
func (c *cursor) escaped(from, i int) ([]byte, bool) {
	out := append(c.scratch[:0], c.in[from:i]...)
	for i < len(c.in) {
		b := c.in[i]
		switch {
		case b == '"':
			c.at, c.scratch = i+1, out
			return out, utf8.Valid(out)
		case b < ' ':
			return nil, false
		case b != '\\':
			out = append(out, b)
			i++
			continue
		}
		if i+1 >= len(c.in) {
			return nil, false
		}
		var ok bool
		if out, i, ok = c.escape(out, i+1); !ok {
			return nil, false
		}
	}
	return nil, false
}

// escape appends what the escape stands for whose letter is at i.
func (c *cursor) escape(out []byte, i int) ([]byte, int, bool) {
	switch b := c.in[i]; b {
	case '"', '\\', '/':
		return append(out, b), i + 1, true
	case 'b':
		return append(out, '\b'), i + 1, true
	case 'f':
		return append(out, '\f'), i + 1, true
	case 'n':
		return append(out, '\n'), i + 1, true
	case 'r':
		return append(out, '\r'), i + 1, true
	case 't':
		return append(out, '\t'), i + 1, true
	case 'u':
	default:
		return out, i, false
	}
	r, ok := c.unit(i + 1)
	i += 5
	if ok && utf16.IsSurrogate(r) {
		if i+1 >= len(c.in) || c.in[i] != '\\' || c.in[i+1] != 'u' {
			return out, i, false
		}
		low, lowOK := c.unit(i + 2)
		r, ok = utf16.DecodeRune(r, low), lowOK
		ok = ok && r != utf8.RuneError
		i += 6
	}
	return utf8.AppendRune(out, r), i, ok
}

// unit is the UTF-16 unit whose four digits are at i.
func (c *cursor) unit(i int) (rune, bool) {
	if i+4 > len(c.in) {
		return 0, false
	}
	v, err := strconv.ParseUint(string(c.in[i:i+4]), 16, 16)
	return rune(v), err == nil
}

// number reads a number and reports whether it has a fraction or an exponent; nil where there is none.
func (c *cursor) number() (text []byte, fraction bool) {
	c.peek()
	from := c.at
	if c.at < len(c.in) && c.in[c.at] == '-' {
		c.at++
	}
	digits := c.digits()
	if digits == 0 || digits > 1 && c.in[c.at-digits] == '0' {
		return nil, false
	}
	if c.at < len(c.in) && c.in[c.at] == '.' {
		c.at++
		fraction = true
		if c.digits() == 0 {
			return nil, false
		}
	}
	if c.at < len(c.in) && c.in[c.at]|0x20 == 'e' {
		c.at++
		fraction = true
		if c.at < len(c.in) && (c.in[c.at] == '+' || c.in[c.at] == '-') {
			c.at++
		}
		if c.digits() == 0 {
			return nil, false
		}
	}
	return c.in[from:c.at], fraction
}

func (c *cursor) digits() int {
	from := c.at
	for c.at < len(c.in) && c.in[c.at]-'0' <= 9 {
		c.at++
	}
	return c.at - from
}

// skip steps over a value of any kind. What it steps over is checked where it is read.
func (c *cursor) skip() bool {
	depth := 0
	for {
		switch c.peek() {
		case 0:
			return false
		case '"':
			if !c.skipText() {
				return false
			}
		case '{', '[':
			depth++
			c.at++
		case '}', ']':
			depth--
			c.at++
		case ',', ':':
			c.at++
		default:
			from := c.at
			for c.at < len(c.in) && (c.in[c.at]|0x20 >= 'a' && c.in[c.at]|0x20 <= 'z' || c.in[c.at] >= '+' && c.in[c.at] <= '9' && c.in[c.at] != ',') {
				c.at++
			}
			if c.at == from {
				return false
			}
		}
		if depth <= 0 {
			return depth == 0
		}
	}
}

func (c *cursor) skipText() bool {
	for c.at++; c.at < len(c.in); c.at++ {
		switch c.in[c.at] {
		case '"':
			c.at++
			return true
		case '\\':
			c.at++
		}
	}
	return false
}
