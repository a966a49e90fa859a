package xlsx

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// xmlError is a mistake in the XML of a part.
type xmlError struct{ what string }

func (e *xmlError) Error() string { return e.what }

func badXML(format string, args ...any) error { return &xmlError{fmt.Sprintf(format, args...)} }

// errTooLarge is met where a part goes beyond a limit.
var errTooLarge = errors.New("beyond the limit")

// partError codes an error of reading a part of the archive at path. It is the one place that tells damage from limits
// and from errors of the disk.
func partError(err error, path, part string) error {
	if err == nil || atEnd(err) {
		return err
	}
	if _, ok := fault.As(err); ok {
		return err
	}
	where := fault.Where{File: path}
	var xml *xmlError
	switch {
	case errors.Is(err, errTooLarge):
		return fault.New(fault.InputTooLarge, "%s inflates beyond what the archive declares", part).At(where).WithFix(fixSave)
	case errors.As(err, &xml):
		return fault.New(fault.InputCorrupt, "%s: %s", part, xml.what).At(where)
	case errors.Is(err, zip.ErrChecksum):
		return fault.New(fault.InputCorrupt, "%s does not match its checksum", part).At(where)
	case errors.Is(err, zip.ErrFormat), errors.Is(err, zip.ErrAlgorithm), errors.Is(err, io.ErrUnexpectedEOF), isFlate(err):
		return fault.New(fault.InputCorrupt, "%s: %w", part, err).At(where)
	default:
		return fault.New(fault.InputRead, "%s: %w", part, err).At(where)
	}
}

// atEnd reports whether a part or a sheet was read to its end. A coded error that wraps io.EOF is no end.
func atEnd(err error) bool {
	return err == io.EOF
}

func corrupt(path, format string, args ...any) *fault.Error {
	return fault.New(fault.InputCorrupt, format, args...).At(fault.Where{File: path})
}

// recovered turns a panic over a user's bytes into an error.
func recovered(err *error, path string) {
	if r := recover(); r != nil {
		*err = corrupt(path, "reading it failed: %v", r)
	}
}
