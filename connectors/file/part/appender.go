package part

import (
	"errors"
	"io"
	"io/fs"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
)

// appender is an open file that grows by whole writes.
type appender struct {
	file   disk.File
	name   string
	length int64 // bytes that were written whole
	torn   bool  // the file may hold more than length
	dirty  bool  // the file holds bytes that were not synced
}

// create makes the file anew.
func (a *appender) create(fsys disk.FS, name string) error {
	f, err := fsys.Create(name)
	if err != nil {
		return pipeline.StorageError(err, name)
	}
	*a = appender{file: f, name: name, dirty: true}
	return nil
}

// reopen opens a file that must hold at least length bytes, and cuts it there.
func (a *appender) reopen(fsys disk.FS, name string, length int64) error {
	info, err := fsys.Stat(name) // Append would create it
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return gone(name, "the unfinished output is missing; it held %d bytes", length)
	case err != nil:
		return pipeline.StorageError(err, name)
	case info.Size() < length:
		return gone(name, "the unfinished output has %d bytes; it held %d", info.Size(), length)
	}
	f, err := fsys.Append(name)
	if err != nil {
		return pipeline.StorageError(err, name)
	}
	*a = appender{file: f, name: name, length: length, torn: true, dirty: true}
	return a.mend()
}

// write appends p, all of it or nothing.
func (a *appender) write(p []byte) error {
	if err := a.mend(); err != nil {
		return err
	}
	if len(p) == 0 {
		return nil
	}
	a.dirty = true
	n, err := a.file.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	if err != nil {
		a.torn = true
		// Where cutting back fails as well, the next write or sync tries that again first.
		return errors.Join(pipeline.StorageError(err, a.name), a.mend())
	}
	a.length += int64(n)
	return nil
}

// mend cuts off what a failed write may have left.
func (a *appender) mend() error {
	if !a.torn {
		return nil
	}
	if err := a.file.Truncate(a.length); err != nil {
		return pipeline.StorageError(err, a.name)
	}
	if _, err := a.file.Seek(a.length, io.SeekStart); err != nil {
		return pipeline.StorageError(err, a.name)
	}
	a.torn = false
	return nil
}

// cut takes the file back to an earlier length.
func (a *appender) cut(length int64) error {
	a.length, a.torn, a.dirty = length, true, true
	return a.mend()
}

// Size is how many bytes the file has: the newest one of a folder's.
func (a *appender) Size() int64 { return a.length }

// sync makes what was written durable.
func (a *appender) sync() error {
	if err := a.mend(); err != nil {
		return err
	}
	if !a.dirty {
		return nil
	}
	if err := syncError(a.file.Sync(), a.name); err != nil {
		return err
	}
	a.dirty = false
	return nil
}

func (a *appender) close() error {
	if a.file == nil {
		return nil
	}
	f := a.file
	a.file = nil
	return pipeline.StorageError(f.Close(), a.name)
}
