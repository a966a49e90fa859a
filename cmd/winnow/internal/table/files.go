package table

import (
	"errors"
	"io"
	"io/fs"
	"time"

	"github.com/winnow-stream/winnow/connectors/blob"
	"github.com/winnow-stream/winnow/pipeline/disk"
)

// BlobName is what the file of Files is called.
const BlobName = "file"

// Files is a file system with one file, BlobName: a blob. It can only be read. Each opening of the file opens the blob anew.
func Files(open func() (blob.Object, error)) disk.FS { return &blobFS{open: open} }

type blobFS struct {
	readOnly
	open func() (blob.Object, error)
}

// Open opens the blob.
func (f *blobFS) Open(name string) (disk.File, error) {
	if name != BlobName {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	o, err := f.open()
	if err != nil {
		return nil, err
	}
	size, err := o.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = o.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return &blobFile{Object: o, size: size}, nil
}

// Stat tells the blob's size.
func (f *blobFS) Stat(name string) (fs.FileInfo, error) {
	file, err := f.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	return info, errors.Join(err, file.Close())
}

// blobFile is an open blob. It is its own description: a blob never changes.
type blobFile struct {
	blob.Object
	readOnlyFile
	size int64
}

func (f *blobFile) Stat() (fs.FileInfo, error) { return f, nil }
func (*blobFile) Name() string                 { return BlobName }
func (f *blobFile) Size() int64                { return f.size }
func (*blobFile) Mode() fs.FileMode            { return 0o400 }
func (*blobFile) ModTime() time.Time           { return time.Time{} }
func (*blobFile) IsDir() bool                  { return false }
func (*blobFile) Sys() any                     { return nil }

// readOnly refuses what changes a file system.
type readOnly struct{}

func refused(op, name string) error { return &fs.PathError{Op: op, Path: name, Err: fs.ErrPermission} }

func (readOnly) Create(name string) (disk.File, error)      { return nil, refused("create", name) }
func (readOnly) Append(name string) (disk.File, error)      { return nil, refused("append to", name) }
func (readOnly) Rename(name, _ string) error                { return refused("rename", name) }
func (readOnly) Link(name, _ string) error                  { return refused("link", name) }
func (readOnly) Remove(name string) error                   { return refused("remove", name) }
func (readOnly) RemoveAll(name string) error                { return refused("remove", name) }
func (readOnly) MkdirAll(name string) error                 { return refused("make", name) }
func (readOnly) ReadDir(name string) ([]fs.DirEntry, error) { return nil, refused("list", name) }
func (readOnly) SyncDir(name string) error                  { return refused("sync", name) }

// readOnlyFile refuses what changes a file.
type readOnlyFile struct{}

func (readOnlyFile) Write([]byte) (int, error) { return 0, refused("write", BlobName) }
func (readOnlyFile) Sync() error               { return refused("sync", BlobName) }
func (readOnlyFile) Truncate(int64) error      { return refused("cut", BlobName) }
