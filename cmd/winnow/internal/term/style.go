package term

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Style says how much a place can show.
type Style struct {
	Color bool
	Width int // columns; 0 stands for DefaultWidth
}

// DefaultWidth is the width where there is no terminal to ask.
const DefaultWidth = 80

// maxWidth keeps lines readable on very wide terminals.
const maxWidth = 110

func (s Style) columns() int {
	switch {
	case s.Width <= 0:
		return DefaultWidth
	case s.Width > maxWidth:
		return maxWidth
	default:
		return s.Width
	}
}

// Escape sequences of the few attributes in use.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

func (s Style) paint(attr, text string) string {
	if !s.Color || text == "" || attr == "" {
		return text
	}
	return "\x1b[" + attr + "m" + text + "\x1b[0m"
}

// cells is how many columns a text takes: two for wide East Asian characters and emoji, none for marks that combine.
// Escape sequences must not be in it.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n += runeCells(r)
	}
	return n
}

func runeCells(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
		return 2
	}
	return 1
}

// clip shortens a text to a number of columns, with an ellipsis where something is cut off. Control characters, which
// could move the cursor, become spaces.
func clip(s string, columns int) string {
	s = clean(s)
	if cells(s) <= columns {
		return s
	}
	n := 0
	for i, r := range s {
		if n += runeCells(r); n > columns-1 {
			return s[:i] + "…"
		}
	}
	return s
}

func padRight(s string, columns int) string {
	return s + strings.Repeat(" ", max(columns-cells(s), 0))
}

func padLeft(s string, columns int) string {
	return strings.Repeat(" ", max(columns-cells(s), 0)) + s
}
