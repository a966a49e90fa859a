// Package disk is the file system as the commit protocol sees it: the few operations whose order decides what survives
// a crash, behind an interface, so that tests can lose power between any two of them (pipelinetest.Disk). Everything
// that winnow must find again after a crash (outputs, rejected rows, state) is written through an FS; inputs are read
// through it as well, so that a test's whole world is one disk.
package disk

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"syscall"
)

// FS is a file system. Names are operating system paths. Methods are safe for concurrent use; a File is not.
type FS interface {
	// Open opens a file for reading.
	Open(name string) (File, error)
	// Create makes or empties a file for reading and writing.
	Create(name string) (File, error)
	// Append opens a file for reading and writing, creating it where it is missing, with the position at its end.
	Append(name string) (File, error)
	// Rename replaces newName by oldName atomically. It is durable after SyncDir of the folders involved.
	Rename(oldName, newName string) error
	// Link gives a file a second name. A name that is taken is refused (fs.ErrExist) and stays as it is: of several
	// processes that link to one name, one succeeds. It is durable after SyncDir of the new name's folder.
	Link(oldName, newName string) error
	// Remove deletes a file or an empty folder; RemoveAll a folder with its content. A missing name is no error of
	// RemoveAll.
	Remove(name string) error
	RemoveAll(name string) error
	// MkdirAll makes a folder and its parents (0755).
	MkdirAll(name string) error
	Stat(name string) (fs.FileInfo, error)
	// ReadDir lists a folder, sorted by name.
	ReadDir(name string) ([]fs.DirEntry, error)
	// SyncDir makes creations, renames and removals in a folder durable.
	SyncDir(name string) error
}

// File is an open file.
type File interface {
	io.Reader
	io.ReaderAt
	io.Writer
	io.Seeker
	io.Closer
	// Sync makes what was written durable.
	Sync() error
	Truncate(size int64) error
	Stat() (fs.FileInfo, error)
	Name() string
}

// OS is the operating system's file system.
type OS struct{}

var _ FS = OS{}

func (OS) Open(name string) (File, error) { return wrap(os.Open(name)) }

func (OS) Create(name string) (File, error) { return wrap(os.Create(name)) }

func (OS) Append(name string) (File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekEnd); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (OS) Rename(oldName, newName string) error       { return os.Rename(oldName, newName) }
func (OS) Link(oldName, newName string) error         { return os.Link(oldName, newName) }
func (OS) Remove(name string) error                   { return os.Remove(name) }
func (OS) RemoveAll(name string) error                { return os.RemoveAll(name) }
func (OS) MkdirAll(name string) error                 { return os.MkdirAll(name, 0o755) }
func (OS) Stat(name string) (fs.FileInfo, error)      { return os.Stat(name) }
func (OS) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(name) }

func (OS) SyncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	err = d.Sync()
	// Some network file systems refuse to sync a folder; they make renames durable by themselves.
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil
	}
	return errors.Join(err, d.Close())
}

func wrap(f *os.File, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}

// WriteFile replaces a file by data so that after a crash either the old or the new content is found, whole: a
// temporary file beside it, synced, renamed, the folder synced.
func WriteFile(fsys FS, name string, data []byte) error {
	tmp := name + ".tmp"
	f, err := fsys.Create(tmp)
	if err != nil {
		return err
	}
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := fsys.Rename(tmp, name); err != nil {
		return err
	}
	return fsys.SyncDir(filepath.Dir(name))
}

// MakeDir makes a folder and its parents so that a crash does not take them again. The two folders above are synced
// even where they were there before: an earlier process may have made them and died before it synced.
func MakeDir(fsys FS, name string) error {
	name = filepath.Clean(name)
	var above []string // folders whose entries may be new
	for at, found := name, 0; found < 2 && at != filepath.Dir(at); {
		if _, err := fsys.Stat(at); err == nil {
			found++
		}
		at = filepath.Dir(at)
		above = append(above, at)
	}
	if err := fsys.MkdirAll(name); err != nil {
		return err
	}
	for _, dir := range above {
		if err := fsys.SyncDir(dir); err != nil && !errors.Is(err, fs.ErrPermission) {
			return err
		}
	}
	return nil
}

// ReadFile reads a whole file.
func ReadFile(fsys FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(f)
	return data, errors.Join(err, f.Close())
}

// Exists reports whether there is a file or a folder of that name.
func Exists(fsys FS, name string) (bool, error) {
	_, err := fsys.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Same reports whether two files hold the same bytes.
func Same(fsys FS, a, b string) (bool, error) {
	x, err := fsys.Open(a)
	if err != nil {
		return false, err
	}
	defer x.Close()
	y, err := fsys.Open(b)
	if err != nil {
		return false, err
	}
	defer y.Close()
	const block = 64 << 10
	p, q := make([]byte, block), make([]byte, block)
	for {
		n, err := io.ReadFull(x, p)
		m, other := io.ReadFull(y, q)
		if !ended(err) || !ended(other) {
			return false, errors.Join(err, other)
		}
		if !bytes.Equal(p[:n], q[:m]) {
			return false, nil
		}
		if n < block {
			return true, nil
		}
	}
}

// ended reports whether ReadFull came to the end of what it was asked for, or of the file.
func ended(err error) bool {
	return err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// Walk returns the files below a folder, sorted by path. Names that begin with a dot or an underscore are left out,
// folders of that kind with everything in them.
func Walk(fsys FS, root string) ([]string, error) {
	entries, err := fsys.ReadDir(root)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if e.Name()[0] == '.' || e.Name()[0] == '_' {
			continue
		}
		path := filepath.Join(root, e.Name())
		if !e.IsDir() {
			files = append(files, path)
			continue
		}
		below, err := Walk(fsys, path)
		if err != nil {
			return nil, err
		}
		files = append(files, below...)
	}
	sort.Strings(files)
	return files, nil
}
