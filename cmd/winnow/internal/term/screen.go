package term

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Screen is a terminal, or what stands in for it, on which a few lines are drawn again and again. It is not safe for
// concurrent use.
type Screen struct {
	w     io.Writer
	fd    int // -1: no terminal
	style Style
	lines int // drawn last
}

// NewScreen takes over w for drawing. Without a terminal behind it, Live is false and Draw does nothing.
func NewScreen(w io.Writer, color bool) *Screen {
	s := &Screen{w: w, fd: -1}
	if f, ok := w.(*os.File); ok && IsTerminal(f) {
		s.fd = int(f.Fd())
		s.style.Color = color
	}
	return s
}

// IsTerminal reports whether a stream is a terminal that understands cursor movements.
func IsTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// StyleOf is what a stream can show: colours and its own width where it is a terminal.
func StyleOf(w io.Writer, color bool) Style {
	return NewScreen(w, color).Style()
}

// Live reports whether there is a terminal to draw on.
func (s *Screen) Live() bool { return s.fd >= 0 }

// Style is what the terminal can show now: its width follows the window's.
func (s *Screen) Style() Style {
	if s.fd >= 0 {
		if columns, _, err := term.GetSize(s.fd); err == nil {
			s.style.Width = columns
		}
	}
	return s.style
}

// Draw replaces the lines drawn before.
func (s *Screen) Draw(lines []string) {
	if s.fd < 0 {
		return
	}
	var b strings.Builder
	s.erase(&b)
	for _, l := range lines {
		b.WriteString(l)
		b.WriteByte('\n')
	}
	s.lines = len(lines)
	_, _ = io.WriteString(s.w, b.String()) // nothing depends on what is only drawn
}

// Clear takes the lines away.
func (s *Screen) Clear() {
	if s.fd < 0 || s.lines == 0 {
		return
	}
	var b strings.Builder
	s.erase(&b)
	s.lines = 0
	_, _ = io.WriteString(s.w, b.String())
}

func (s *Screen) erase(b *strings.Builder) {
	if s.lines > 0 {
		fmt.Fprintf(b, "\x1b[%dA", s.lines) // up to the first line
	}
	b.WriteString("\r\x1b[J") // and everything below it goes
}
