package dbfs

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"time"

	"github.com/winnow-stream/winnow/pipeline/disk"
)

// file is an open file: its content is in memory. One goroutine uses it.
type file struct {
	fs       *FS
	name     string
	data     []byte
	at       int64 // the position
	writes   bool
	dirty    bool // something is not in the database yet
	modified time.Time
}

var _ disk.File = (*file)(nil)

// Read reads from the position.
func (f *file) Read(p []byte) (int, error) {
	n, err := f.ReadAt(p, f.at)
	f.at += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

// ReadAt reads from anywhere.
func (f *file) ReadAt(p []byte, at int64) (int, error) { return bytes.NewReader(f.data).ReadAt(p, at) }

// Write writes at the position. What lies between the end and that is zero.
func (f *file) Write(p []byte) (int, error) {
	if !f.writes {
		return 0, failed("write", f.name, fs.ErrPermission)
	}
	if more := f.at + int64(len(p)) - int64(len(f.data)); more > 0 {
		f.data = append(f.data, make([]byte, more)...)
	}
	f.dirty = true
	n := copy(f.data[f.at:], p)
	f.at += int64(n)
	return n, nil
}

// Seek moves the position.
func (f *file) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.at
	case io.SeekEnd:
		offset += int64(len(f.data))
	}
	if offset < 0 {
		return f.at, failed("seek", f.name, fs.ErrInvalid)
	}
	f.at = offset
	return offset, nil
}

// Truncate makes the file as long as that.
func (f *file) Truncate(size int64) error {
	if !f.writes || size < 0 {
		return failed("truncate", f.name, fs.ErrPermission)
	}
	f.dirty = true
	if size <= int64(len(f.data)) {
		f.data = f.data[:size]
		return nil
	}
	f.data = append(f.data, make([]byte, size-int64(len(f.data)))...)
	return nil
}

// Sync puts the content into the database.
func (f *file) Sync() error {
	ctx, cancel := bounded()
	defer cancel()
	dir, base := split(f.name)
	data := f.data
	if data == nil {
		data = []byte{} // which is no folder
	}
	r, err := f.fs.db.ExecContext(ctx, `INSERT INTO dbfs (dir, name, data, modified) VALUES (?, ?, ?, ?)
		ON CONFLICT (dir, name) DO UPDATE SET data = excluded.data, modified = excluded.modified WHERE dbfs.data IS NOT NULL`,
		dir, base, data, f.modified.UnixMilli())
	if err != nil {
		return failed("write", f.name, err)
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 { // there is a folder
		return failed("write", f.name, errors.Join(err, fs.ErrExist))
	}
	f.dirty = false
	return nil
}

// Close puts what was written into the database, if Sync has not done so.
func (f *file) Close() error {
	if f.dirty {
		return f.Sync()
	}
	return nil
}

// Stat tells what the file is.
func (f *file) Stat() (fs.FileInfo, error) {
	return &entry{name: path.Base(f.name), size: int64(len(f.data)), modified: f.modified}, nil
}

// Name is the path that the file was opened by.
func (f *file) Name() string { return f.name }
