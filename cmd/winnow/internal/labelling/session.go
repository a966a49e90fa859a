package labelling

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
)

// escapeWait is how long the rest of a key's sequence may take behind its escape; over a slow line it comes in parts.
const escapeWait = 50 * time.Millisecond

// Session is somebody labelling at a terminal.
type Session struct {
	Model    *Model
	Journal  *Journal
	Terminal *Terminal
	Color    bool
}

// Run shows texts and saves answers until it is left or the context ends. The goroutine that reads keys waits for one more
// when Run has returned: a read from a terminal can't be given up.
func (s *Session) Run(ctx context.Context) error {
	keys := make(chan []byte)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go read(ctx, s.Terminal.in, keys)
	changed := make(chan os.Signal, 1) // the window, or whether the process is in front
	signal.Notify(changed, syscall.SIGWINCH, syscall.SIGCONT)
	defer signal.Stop(changed)
	var decoder Decoder
	for {
		if err := s.draw(); err != nil {
			return err
		}
		var escaped <-chan time.Time
		if decoder.Waiting() {
			escaped = time.After(escapeWait)
		}
		var pressed []Key
		select {
		case <-ctx.Done():
			return ctx.Err()
		case data, open := <-keys:
			if !open {
				return nil
			}
			pressed = decoder.Feed(data)
		case <-escaped:
			pressed = decoder.Settle()
		case is := <-changed:
			if is == syscall.SIGCONT { // whoever was in front may have changed the terminal
				if err := s.Terminal.raw(); err != nil {
					return err
				}
			}
		}
		for _, k := range pressed {
			if quit, err := s.press(k); quit || err != nil {
				return err
			}
		}
	}
}

// press does what a key stands for. An answer is saved before the next key.
func (s *Session) press(k Key) (quit bool, err error) {
	e := s.Model.Update(k)
	switch {
	case e.Save != nil:
		err = s.Journal.Append(e.Task, e.Save, s.Model.multi)
	case e.Undo:
		err = s.Journal.Undo()
	}
	return e.Quit, err
}

func (s *Session) draw() error {
	columns, lines := s.Terminal.size()
	v := s.Model.View()
	drawn := v.Lines(lines, term.Style{Color: s.Color, Width: columns})
	s.Model.scroll = v.Scroll // not beyond the text's end
	return s.Terminal.draw(drawn)
}

// read hands on what comes, until there is no more.
func read(ctx context.Context, r io.Reader, keys chan<- []byte) {
	defer close(keys)
	for {
		buffer := make([]byte, 256)
		n, err := r.Read(buffer)
		if err != nil {
			return
		}
		select {
		case keys <- buffer[:n]:
		case <-ctx.Done():
			return
		}
	}
}
