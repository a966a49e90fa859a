package jsontext

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Cursor moves over the JSON text In, at the index At. Its methods report whether what they look for stands there.
type Cursor struct {
	In []byte
	At int
	// scratch holds the last string that had escapes.
	scratch []byte
}

// Peek is the next byte after white space, 0 at the end.
func (c *Cursor) Peek() byte {
	for c.At < len(c.In) {
		switch b := c.In[c.At]; b {
		case ' ', '\n', '\r', '\t':
			c.At++
		default:
			return b
		}
	}
	return 0
}

// Take steps over b.
func (c *Cursor) Take(b byte) bool {
	if c.Peek() != b {
		return false
	}
	c.At++
	return true
}

// Word steps over a literal.
func (c *Cursor) Word(w string) bool {
	if c.Peek() != w[0] || len(c.In)-c.At < len(w) || string(c.In[c.At:c.At+len(w)]) != w {
		return false
	}
	c.At += len(w)
	return true
}

// Text reads a string; what it returns is valid until the next.
func (c *Cursor) Text() ([]byte, bool) {
	if !c.Take('"') {
		return nil, false
	}
	from := c.At
	for i := from; i < len(c.In); i++ {
		switch b := c.In[i]; {
		case b == '"':
			c.At = i + 1
			return c.In[from:i], utf8.Valid(c.In[from:i])
		case b == '\\':
			return c.escaped(from, i)
		case b < ' ':
			return nil, false
		}
	}
	return nil, false
}

// escaped reads the rest of a string from its first escape on.
func (c *Cursor) escaped(from, i int) ([]byte, bool) {
	out := append(c.scratch[:0], c.In[from:i]...)
	for i < len(c.In) {
		b := c.In[i]
		switch {
		case b == '"':
			c.At, c.scratch = i+1, out
			return out, utf8.Valid(out)
		case b < ' ':
			return nil, false
		case b != '\\':
			out = append(out, b)
			i++
			continue
		}
		if i+1 >= len(c.In) {
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
func (c *Cursor) escape(out []byte, i int) ([]byte, int, bool) {
	switch b := c.In[i]; b {
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
		if i+1 >= len(c.In) || c.In[i] != '\\' || c.In[i+1] != 'u' {
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
func (c *Cursor) unit(i int) (rune, bool) {
	if i+4 > len(c.In) {
		return 0, false
	}
	v, err := strconv.ParseUint(string(c.In[i:i+4]), 16, 16)
	return rune(v), err == nil
}

// Number reads a number and reports whether it has a fraction or an exponent; nil where there is none.
func (c *Cursor) Number() (text []byte, fraction bool) {
	c.Peek()
	from := c.At
	if c.At < len(c.In) && c.In[c.At] == '-' {
		c.At++
	}
	digits := c.digits()
	if digits == 0 || digits > 1 && c.In[c.At-digits] == '0' {
		return nil, false
	}
	if c.At < len(c.In) && c.In[c.At] == '.' {
		c.At++
		fraction = true
		if c.digits() == 0 {
			return nil, false
		}
	}
	if c.At < len(c.In) && c.In[c.At]|0x20 == 'e' {
		c.At++
		fraction = true
		if c.At < len(c.In) && (c.In[c.At] == '+' || c.In[c.At] == '-') {
			c.At++
		}
		if c.digits() == 0 {
			return nil, false
		}
	}
	return c.In[from:c.At], fraction
}

func (c *Cursor) digits() int {
	from := c.At
	for c.At < len(c.In) && c.In[c.At]-'0' <= 9 {
		c.At++
	}
	return c.At - from
}

// Skip steps over a value of any kind. What it steps over is checked where it is read.
func (c *Cursor) Skip() bool {
	depth := 0
	for {
		switch c.Peek() {
		case 0:
			return false
		case '"':
			if !c.skipText() {
				return false
			}
		case '{', '[':
			depth++
			c.At++
		case '}', ']':
			depth--
			c.At++
		case ',', ':':
			c.At++
		default:
			from := c.At
			for c.At < len(c.In) && (c.In[c.At]|0x20 >= 'a' && c.In[c.At]|0x20 <= 'z' || c.In[c.At] >= '+' && c.In[c.At] <= '9' && c.In[c.At] != ',') {
				c.At++
			}
			if c.At == from {
				return false
			}
		}
		if depth <= 0 {
			return depth == 0
		}
	}
}

func (c *Cursor) skipText() bool {
	for c.At++; c.At < len(c.In); c.At++ {
		switch c.In[c.At] {
		case '"':
			c.At++
			return true
		case '\\':
			c.At++
		}
	}
	return false
}
