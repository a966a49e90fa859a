package csv

import "bytes"

// Cutter finds the end of each record of a CSV text that arrives in pieces. Reset begins a record; then Cut is called
// with everything of it that has arrived so far, until it finds the end.
type Cutter struct {
	delimiter byte
	pos       int  // how far the record was looked at
	newline   int  // a known line end at or after pos; -1 where none is known
	quoted    bool // pos is inside of quotes
	before    byte // the byte in front of the text
	lines     int64
	opened    int64 // lines at the last opening quote
}

// NewCutter returns a cutter for a delimiter.
func NewCutter(delimiter byte) *Cutter {
	c := &Cutter{delimiter: delimiter}
	c.Reset()
	return c
}

// Reset begins a new record.
func (c *Cutter) Reset() {
	c.pos, c.newline, c.quoted, c.before, c.lines, c.opened = 0, -1, false, c.delimiter, 0, 0
}

// Lines is the number of line ends (LF) in the quoted fields of the record so far.
func (c *Cutter) Lines() int64 { return c.lines }

// Opened is the number of line ends before the last opening quote.
func (c *Cutter) Opened() int64 { return c.opened }

// Open reports whether text ends inside of quotes, now that nothing follows it.
func (c *Cutter) Open(text []byte) bool {
	return c.quoted && !(c.pos+1 == len(text) && text[c.pos] == '"')
}

// Shift forgets the first n bytes of the text, which Cut has looked at; the next Cut gets what follows them. It is for
// records that are too large to be held. It returns how many bytes were forgotten: a quote at the end may have to stay.
func (c *Cutter) Shift(text []byte) int {
	n := min(c.pos, len(text))
	if n > 0 {
		c.before = text[n-1]
		c.pos -= n
	}
	c.newline = -1
	return n
}

// Cut returns the index after the line end (LF) of the record that text begins with, or -1 if it does not end in text.
func (c *Cutter) Cut(text []byte) int {
	for {
		if c.quoted && !c.leaveQuotes(text) {
			return -1
		}
		if c.newline < c.pos {
			c.newline = bytes.IndexByte(text[c.pos:], '\n')
			if c.newline >= 0 {
				c.newline += c.pos
			}
		}
		end := c.newline
		if end < 0 {
			end = len(text)
		}
		quote := bytes.IndexByte(text[c.pos:end], '"')
		switch {
		case quote >= 0:
			quote += c.pos
			c.pos = quote + 1
			if c.byteBefore(text, quote) == c.delimiter {
				c.quoted, c.opened = true, c.lines
			}
		case c.newline >= 0:
			return c.newline + 1
		default:
			c.pos, c.newline = len(text), -1
			return -1
		}
	}
}

// leaveQuotes goes on to after the closing quote, if it is in text.
func (c *Cutter) leaveQuotes(text []byte) bool {
	for {
		quote := bytes.IndexByte(text[c.pos:], '"')
		if quote < 0 {
			c.lines += int64(bytes.Count(text[c.pos:], []byte{'\n'}))
			c.pos = len(text)
			return false
		}
		c.lines += int64(bytes.Count(text[c.pos:c.pos+quote], []byte{'\n'}))
		c.pos += quote
		if c.pos+1 == len(text) {
			return false // whether it closes shows with the next byte
		}
		c.pos++
		if text[c.pos] != '"' {
			c.quoted = false
			return true
		}
		c.pos++
	}
}

func (c *Cutter) byteBefore(text []byte, i int) byte {
	if i == 0 {
		return c.before
	}
	return text[i-1]
}

// Swallowing reports whether a quoted field is open that has run over line ends already.
func (c *Cutter) Swallowing() bool { return c.quoted && c.lines > c.opened }
