package labelling

import (
	"errors"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// What a terminal is told (xterm's control sequences, which every terminal of today knows or ignores): another screen, no
// cursor, no wrapping, and marks around what is pasted; and all of it back.
const (
	enter = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?2004h"
	leave = "\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l"
)

// Terminal is a terminal that shows one screen and hands on every key.
type Terminal struct {
	in, out *os.File
	before  *term.State
}

// CheckTerminal refuses streams that are no terminal.
func CheckTerminal(in, out any) error {
	_, _, err := files(in, out)
	return err
}

func files(in, out any) (i, o *os.File, err error) {
	i, isFile := in.(*os.File)
	o, isFileToo := out.(*os.File)
	if !isFile || !isFileToo || !term.IsTerminal(int(i.Fd())) || !term.IsTerminal(int(o.Fd())) || os.Getenv("TERM") == "dumb" {
		return nil, nil, fault.New(fault.LabelTerminal, "standard input and output are no terminal, where texts could be shown and keys pressed")
	}
	return i, o, nil
}

// OpenTerminal takes a terminal over. Close gives it back.
func OpenTerminal(in, out any) (*Terminal, error) {
	i, o, err := files(in, out)
	if err != nil {
		return nil, err
	}
	t := &Terminal{in: i, out: o}
	if err := t.raw(); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// raw switches the terminal over.
func (t *Terminal) raw() error {
	before, err := term.MakeRaw(int(t.in.Fd()))
	if err != nil {
		return fault.New(fault.LabelTerminal, "the terminal can't be switched over: %w", err)
	}
	if t.before == nil {
		t.before = before
	}
	_, err = io.WriteString(t.out, enter)
	return t.lost(err)
}

// Close gives the terminal back as it was.
func (t *Terminal) Close() error {
	_, err := io.WriteString(t.out, leave)
	if t.before != nil {
		err = errors.Join(err, term.Restore(int(t.in.Fd()), t.before))
	}
	return t.lost(err)
}

// size is columns × lines, of the most common terminal where it can't be asked.
func (t *Terminal) size() (columns, lines int) {
	columns, lines, err := term.GetSize(int(t.out.Fd()))
	if err != nil || columns <= 0 || lines <= 0 {
		return 80, 24
	}
	return columns, lines
}

// draw shows lines in place of what was there, in one write, so that nothing flickers.
func (t *Terminal) draw(lines []string) error {
	_, err := io.WriteString(t.out, "\x1b[H"+strings.Join(lines, "\x1b[K\r\n")+"\x1b[K\x1b[J")
	return t.lost(err)
}

func (t *Terminal) lost(err error) error {
	if err == nil {
		return nil
	}
	return fault.New(fault.LabelTerminal, "the terminal is gone: %w", err)
}
