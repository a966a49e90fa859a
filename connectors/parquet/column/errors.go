package column

import (
	"errors"
	"fmt"
	"io"
)

// Error is an error at a page.
type Error struct {
	Column string // dotted path
	Group  int    // row group, from 0
	Offset int64  // byte of the file at which the page begins; -1 for the column chunk as a whole
	Err    error
}

func (e *Error) Error() string {
	if e.Offset < 0 {
		return fmt.Sprintf("the column in row group %d: %v", e.Group, e.Err)
	}
	return fmt.Sprintf("the page at byte %d (row group %d): %v", e.Offset, e.Group, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// ReadError is an error of the file below, as opposed to its content.
type ReadError struct{ Err error }

func (e *ReadError) Error() string { return e.Err.Error() }
func (e *ReadError) Unwrap() error { return e.Err }

// readAt reads as much of p as the file has.
func readAt(r io.ReaderAt, p []byte, at int64) (int, error) {
	n, err := r.ReadAt(p, at)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, &ReadError{Err: err}
	}
	return n, nil
}
