package term

import (
	"io"
	"strings"
)

// Align is where a column's text stands.
type Align uint8

const (
	Left Align = iota
	Right
)

// Table is rows of columns that line up. One column may be flexible: it is clipped where the rows would be wider than
// the style allows.
type Table struct {
	Head  []string // empty: no header
	Align []Align  // by column; missing ones are Left
	Flex  int      // index of the column that gives way
	rows  [][]string
	attrs []string
}

// Row adds a row.
func (t *Table) Row(columns ...string) { t.row("", columns) }

// Dim adds a row in a lesser shade.
func (t *Table) Dim(columns ...string) { t.row(dim, columns) }

func (t *Table) row(attr string, columns []string) {
	for i := range columns {
		columns[i] = clean(columns[i])
	}
	t.rows = append(t.rows, columns)
	t.attrs = append(t.attrs, attr)
}

const gutter = "  "

// Write draws the table.
func (t *Table) Write(w io.Writer, s Style) error {
	widths := t.widths(s.columns())
	var b strings.Builder
	if len(t.Head) > 0 {
		b.WriteString(s.paint(bold, t.line(t.Head, widths)))
		b.WriteByte('\n')
	}
	for i, r := range t.rows {
		b.WriteString(s.paint(t.attrs[i], t.line(r, widths)))
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (t *Table) widths(limit int) []int {
	var widths []int
	for _, r := range append([][]string{t.Head}, t.rows...) {
		for i, c := range r {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], cells(c))
		}
	}
	total := len(gutter) * (len(widths) - 1)
	for _, n := range widths {
		total += n
	}
	if over := total - limit; over > 0 && t.Flex < len(widths) {
		widths[t.Flex] = max(widths[t.Flex]-over, 8)
	}
	return widths
}

func (t *Table) line(columns []string, widths []int) string {
	var b strings.Builder
	for i, c := range columns {
		if i > 0 {
			b.WriteString(gutter)
		}
		c = clip(c, widths[i])
		if i < len(t.Align) && t.Align[i] == Right {
			b.WriteString(padLeft(c, widths[i]))
		} else {
			b.WriteString(padRight(c, widths[i]))
		}
	}
	return strings.TrimRight(b.String(), " ")
}
