package term

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
)

// harmless is a character that can neither move the cursor, set up the terminal nor turn a line around: others become
// spaces.
func harmless(r rune) rune {
	if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
		return ' '
	}
	return r
}

// clean makes a text of a record, a file or a user harmless, for one line.
func clean(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return strings.Map(harmless, s)
}

// cleanLines is clean for several lines: an expression's error draws a caret on a line of its own.
func cleanLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = clean(lines[i])
	}
	return strings.Join(lines, "\n")
}

// Say writes a line for people, whatever the arguments hold.
func Say(w io.Writer, format string, args ...any) error {
	_, err := io.WriteString(w, clean(fmt.Sprintf(format, args...))+"\n")
	return err
}

// Data is a stream for records: on a terminal they can do no harm, elsewhere every byte stays.
func Data(w io.Writer) io.Writer {
	if !IsTerminal(w) {
		return w
	}
	return cleaning(w)
}

func cleaning(w io.Writer) io.Writer {
	return transform.NewWriter(w, runes.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		return harmless(r)
	}))
}
