package term

import (
	"io"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Problem formats an error for people: what, where, and what to do next on a line of its own. An error without a code
// is one that winnow did not foresee.
func Problem(err error, s Style) string {
	e, ok := fault.As(err)
	if !ok {
		e = fault.New(fault.Internal, "%w", err)
	}
	var b strings.Builder
	b.WriteString(s.paint(red, "winnow: ") + cleanLines(e.Error()) + "\n")
	if fix := e.Remedy(); fix != "" {
		b.WriteString(s.paint(dim, "  fix: ") + cleanLines(fix) + "\n")
	}
	return b.String()
}

// Stopped formats the end of a run that was told to stop, which is no error: what is committed, and how to go on.
func Stopped(e *fault.Error, s Style) string {
	text := s.paint(green, "winnow: ") + cleanLines(e.What) + "\n"
	if next := e.Remedy(); next != "" {
		text += s.paint(dim, "  next: ") + cleanLines(next) + "\n"
	}
	return text
}

// WriteWarning writes a warning in the form of Problem. Nothing depends on whether it can be written.
func WriteWarning(w io.Writer, e *fault.Error, s Style) {
	text := s.paint(yellow, "warning: ") + cleanLines(e.Error()) + "\n"
	if fix := e.Remedy(); fix != "" {
		text += s.paint(dim, "  fix: ") + cleanLines(fix) + "\n"
	}
	_, _ = io.WriteString(w, text)
}
