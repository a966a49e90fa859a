package commitlog

import (
	"io"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/winnow-stream/winnow/pipeline/disk"
)

// blank is a file system with one empty folder, which takes everything and keeps nothing.
type blank struct{ dir string }

var _ disk.FS = blank{}

func (blank) Open(name string) (disk.File, error)   { return nil, missing("open", name) }
func (blank) Create(name string) (disk.File, error) { return &void{name: name}, nil }
func (blank) Append(name string) (disk.File, error) { return &void{name: name}, nil }
func (blank) Rename(string, string) error           { return nil }
func (blank) Link(string, string) error             { return nil }
func (blank) Remove(string) error                   { return nil }
func (blank) RemoveAll(string) error                { return nil }
func (blank) MkdirAll(string) error                 { return nil }
func (blank) ReadDir(string) ([]fs.DirEntry, error) { return nil, nil }
func (blank) SyncDir(string) error                  { return nil }
func (b blank) Stat(name string) (fs.FileInfo, error) {
	if filepath.Clean(name) != b.dir {
		return nil, missing("stat", name)
	}
	return voidInfo{name: filepath.Base(name), dir: true}, nil
}

func missing(op, name string) error { return &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist} }

// void is a file that knows its length alone.
type void struct {
	name      string
	pos, size int64
}

func (f *void) Read([]byte) (int, error)          { return 0, io.EOF }
func (f *void) ReadAt([]byte, int64) (int, error) { return 0, io.EOF }
func (f *void) Close() error                      { return nil }
func (f *void) Sync() error                       { return nil }
func (f *void) Name() string                      { return f.name }
func (f *void) Stat() (fs.FileInfo, error) {
	return voidInfo{name: filepath.Base(f.name), size: f.size}, nil
}
func (f *void) Truncate(size int64) error { f.size = size; return nil }
func (f *void) Write(p []byte) (int, error) {
	f.pos += int64(len(p))
	f.size = max(f.size, f.pos)
	return len(p), nil
}

func (f *void) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.pos
	case io.SeekEnd:
		offset += f.size
	}
	f.pos = offset
	return offset, nil
}

type voidInfo struct {
	name string
	size int64
	dir  bool
}

func (i voidInfo) Name() string       { return i.name }
func (i voidInfo) Size() int64        { return i.size }
func (i voidInfo) ModTime() time.Time { return time.Time{} }
func (i voidInfo) IsDir() bool        { return i.dir }
func (i voidInfo) Sys() any           { return nil }

func (i voidInfo) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o755
	}
	return 0o644
}
