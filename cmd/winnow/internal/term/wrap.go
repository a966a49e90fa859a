package term

import (
	"strings"
	"unicode"
)

// wrap breaks a text into lines of so many columns: at its own line ends, at spaces, and within words that are longer.
// Control characters become spaces.
func wrap(text string, columns int) []string {
	columns = max(columns, 2) // a wide character needs as many
	var lines []string
	for line := range strings.Lines(strings.ReplaceAll(text, "\r\n", "\n")) {
		line = strings.TrimRightFunc(clean(line), unicode.IsSpace)
		for cells(line) > columns {
			end := breakAt(line, columns)
			lines = append(lines, strings.TrimRightFunc(line[:end], unicode.IsSpace))
			line = strings.TrimLeftFunc(line[end:], unicode.IsSpace)
		}
		lines = append(lines, line)
	}
	return lines
}

// breakAt is the byte before which a line that is too long is broken: behind its last space that fits, else where it is
// full.
func breakAt(line string, columns int) int {
	n, space := 0, 0
	for i, r := range line {
		if unicode.IsSpace(r) {
			space = i
		}
		if n += runeCells(r); n > columns {
			if space > 0 {
				return space
			}
			return i
		}
	}
	return len(line)
}
