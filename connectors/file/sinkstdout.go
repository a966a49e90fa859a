package file

import (
	"errors"
	"io"
	"os"
	"syscall"

	"github.com/winnow-stream/winnow/connectors/file/part"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// stdout is standard output, or whatever stream stands for it. Nothing can be taken back, so errors are final.
type stdout struct {
	w    io.Writer // nil: the process's standard output
	head []byte    // not yet written
	rows int64
}

func (s *stdout) Open(b part.Begin) error {
	if s.w == nil {
		s.w = os.Stdout
	}
	s.head = b.Head
	return nil
}

func (s *stdout) Write(p []byte, rows int64) error {
	if err := s.flushHead(); err != nil {
		return err
	}
	s.rows += rows
	return s.write(p)
}

func (s *stdout) flushHead() error {
	head := s.head
	s.head = nil
	return s.write(head)
}

func (s *stdout) write(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	_, err := s.w.Write(p)
	switch {
	case errors.Is(err, syscall.EPIPE):
		return fault.New(fault.OutputWrite, "whoever read standard output has gone: %w", err)
	case err != nil:
		return fault.New(fault.OutputWrite, "standard output: %w", err)
	}
	return nil
}

// Prepare writes the header of an output that has no rows so far.
func (s *stdout) Prepare() (part.Receipt, error) {
	return part.Receipt{Rows: s.rows}, s.flushHead()
}

// Size is 0: there is no file that grows.
func (s *stdout) Size() int64 { return 0 }

func (s *stdout) Commit(part.Receipt)     {}
func (s *stdout) Abort() error            { return nil }
func (s *stdout) Seal(part.Receipt) error { return nil }
func (s *stdout) Close() error            { return nil }
