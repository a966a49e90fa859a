package parquet

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"
	"syscall"

	"github.com/winnow-stream/winnow/connectors/parquet/column"
	"github.com/winnow-stream/winnow/connectors/parquet/page"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// inputError turns an error of reading a file into a coded one.
func inputError(file string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := fault.As(err); ok {
		return e
	}
	where := fault.Where{File: file}
	var at *column.Error
	if errors.As(err, &at) {
		where.Field = at.Column
	}
	var read *column.ReadError
	var unsupported *page.Unsupported
	switch {
	case errors.As(err, &read):
		return readError(file, read.Err)
	case errors.As(err, &unsupported):
		return (&fault.Error{Code: fault.InputUnsupported, What: err.Error(), Err: err}).At(where)
	default:
		return (&fault.Error{Code: fault.InputCorrupt, What: err.Error(), Err: err}).At(where)
	}
}

func readError(file string, err error) error {
	where := fault.Where{File: file}
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.InputMissing, "there is no such file").At(where)
	}
	return (&fault.Error{Code: fault.InputRead, What: reason(err), Err: err}).At(where)
}

// reason is an error's text without the operation and the path that fs puts before it.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// guard turns a panic while an input is decoded into an error about the input. It is deferred.
func guard(file string, err *error) {
	if r := recover(); r != nil {
		e := fault.New(fault.InputCorrupt, "decoding it failed (%v)", r).At(fault.Where{File: file})
		e.Err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		*err = e
	}
}

// outputError turns an error of writing into a coded one.
func outputError(file string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := fault.As(err); ok {
		return e
	}
	code := fault.OutputWrite
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		code = fault.StorageFull
	case errors.Is(err, syscall.EIO):
		code = fault.StorageIO
	}
	return (&fault.Error{Code: code, What: reason(err), Err: err}).At(fault.Where{File: file})
}
