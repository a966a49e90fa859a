package part

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/failpoint"
)

// Folder is an output of part files: <path>/part-00000.jsonl and so on. A part file ends at the first commit at which
// it has reached a limit, so a receipt speaks of the newest alone. It is used by one goroutine at a time.
type Folder struct {
	fs     disk.FS
	path   string
	ext    string // of the part files, with its dot
	limits Limits

	appender // the newest part file; nil before the first one's first row
	head     []byte
	at       Receipt // where the output stands; Length follows the appender
	last     Receipt // of the last commit
	full     bool    // the next row begins a new part file
	parent   bool    // the entry of the folder itself is durable
	entries  bool    // the entries of its files are durable
	sealed   bool
	begun    bool
	omit     bool // no output is left where no row came
}

// Limits say when a part file ends. Zero is no limit.
type Limits struct {
	Bytes int64
	Rows  int64
}

// NewFolder returns the output at path, a folder without a trailing slash.
func NewFolder(fsys disk.FS, path, ext string, limits Limits) *Folder {
	return &Folder{fs: fsys, path: path, ext: ext, limits: limits}
}

// Path is where the output is found after the seal; PartPath where it is until then.
func (f *Folder) Path() string     { return f.path }
func (f *Folder) PartPath() string { return f.path + Suffix }

func (f *Folder) partName(n int) string {
	return filepath.Join(f.PartPath(), fmt.Sprintf("part-%05d%s", n, f.ext))
}

// Open readies the output. It can be called again after an error.
func (f *Folder) Open(b Begin) error {
	if err := f.Close(); err != nil {
		return err
	}
	*f = Folder{fs: f.fs, path: f.path, ext: f.ext, limits: f.limits, head: b.Head, begun: f.begun, omit: b.OmitEmpty}
	b.Resumed = b.Resumed || f.begun
	if b.Last != nil {
		return f.reopenAt(b)
	}
	if err := f.lookFresh(b); err != nil {
		return err
	}
	f.at.Replace, f.begun = b.Overwrite, true
	if err := f.fs.RemoveAll(f.PartPath()); err != nil {
		return pipeline.StorageError(err, f.PartPath())
	}
	if err := f.fs.MkdirAll(f.PartPath()); err != nil {
		return pipeline.StorageError(err, f.PartPath())
	}
	if err := f.begin(); err != nil {
		return err
	}
	f.at.Length = f.length
	f.last = f.at
	return nil
}

func (f *Folder) lookFresh(b Begin) error {
	if err := lookFresh(f.fs, f.path, f.PartPath(), b); err != nil || b.Overwrite {
		return err
	}
	empty, err := f.vacant()
	if err == nil && !empty {
		err = pipeline.OutputExists(f.path)
	}
	return err
}

// vacant reports whether nothing, or nothing but an empty folder, is at the output's path.
func (f *Folder) vacant() (bool, error) {
	info, err := f.fs.Stat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, pipeline.StorageError(err, f.path)
	case !info.IsDir():
		return false, nil
	}
	entries, err := f.fs.ReadDir(f.path)
	return len(entries) == 0, pipeline.StorageError(err, f.path)
}

// begin makes the part file that f.at names.
func (f *Folder) begin() error {
	if err := f.create(f.fs, f.partName(f.at.Part)); err != nil {
		return err
	}
	f.entries, f.full = false, false
	return f.write(f.head)
}

func (f *Folder) reopenAt(b Begin) error {
	f.at, f.last = *b.Last, *b.Last
	if b.Sealing {
		done, err := f.done(*b.Last)
		if err != nil || done {
			f.sealed = done
			return err
		}
	}
	if err := f.sweep(); err != nil {
		return err
	}
	if err := f.reopen(f.fs, f.partName(f.at.Part), f.at.Length); err != nil {
		return err
	}
	f.full = f.isFull()
	return nil
}

// sweep checks the part files that are closed, and removes those begun after the receipt.
func (f *Folder) sweep() error {
	entries, err := f.fs.ReadDir(f.PartPath())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return gone(f.PartPath(), "the unfinished output is missing; it held %d part files", f.at.Part+1)
	case err != nil:
		return pipeline.StorageError(err, f.PartPath())
	}
	newest, closed, bytes := filepath.Base(f.partName(f.at.Part)), 0, int64(0)
	for _, e := range entries {
		switch name := e.Name(); {
		case !strings.HasPrefix(name, "part-"): // not ours: some systems put files of their own everywhere
		case len(name) > len(newest) || len(name) == len(newest) && name > newest: // numbers beyond 99999 grow longer
			name = filepath.Join(f.PartPath(), name)
			if err := f.fs.Remove(name); err != nil {
				return pipeline.StorageError(err, name)
			}
		case name != newest:
			info, err := e.Info()
			if err != nil {
				return pipeline.StorageError(err, name)
			}
			closed++
			bytes += info.Size()
		}
	}
	if closed != f.at.Part || bytes != f.at.Closed {
		return gone(f.PartPath(), "the unfinished output has %d closed part files of %d bytes; there were %d of %d", closed, bytes, f.at.Part, f.at.Closed)
	}
	return nil
}

// Write appends a batch's rows. A Write that failed has left no rows behind and can be repeated.
func (f *Folder) Write(p []byte, rows int64) error {
	if f.full {
		if err := f.next(); err != nil {
			return err
		}
	}
	if err := f.write(p); err != nil {
		return err
	}
	f.at.Rows += rows
	f.at.PartRows += rows
	failpoint.Hit("file.appended")
	return nil
}

// next ends the part file, which is synced and committed, and begins another.
func (f *Folder) next() error {
	done := f.at
	if f.file != nil {
		if err := f.close(); err != nil {
			return err
		}
	}
	f.at.Part, f.at.Closed, f.at.PartRows = done.Part+1, done.Closed+f.length, 0
	if err := f.begin(); err != nil {
		// The old file stays the newest, so that this is repeated as a whole. Its length is what matters of it.
		length := done.Length
		_ = f.close()
		f.at, f.appender, f.full = done, appender{name: f.partName(done.Part), length: length}, true
		return err
	}
	return nil
}

// Rows is the number of rows written so far.
func (f *Folder) Rows() int64 { return f.at.Rows }

func (f *Folder) isFull() bool {
	return f.limits.Bytes > 0 && f.length >= f.limits.Bytes || f.limits.Rows > 0 && f.at.PartRows >= f.limits.Rows
}

// Prepare makes everything written durable.
func (f *Folder) Prepare() (Receipt, error) {
	if f.sealed {
		return f.last, nil
	}
	if f.file != nil {
		if err := f.sync(); err != nil {
			return Receipt{}, err
		}
	}
	if !f.entries {
		if err := syncError(f.fs.SyncDir(f.PartPath()), f.PartPath()); err != nil {
			return Receipt{}, err
		}
		f.entries = true
	}
	if !f.parent {
		if err := syncError(f.fs.SyncDir(filepath.Dir(f.path)), f.path); err != nil {
			return Receipt{}, err
		}
		f.parent = true
	}
	failpoint.Hit("file.synced")
	f.at.Length = f.length
	f.full = f.isFull()
	return f.at, nil
}

// Commit remembers what Abort goes back to.
func (f *Folder) Commit(r Receipt) { f.last = r }

// Abort cuts off what came after the last commit, part files included.
func (f *Folder) Abort() error {
	if f.file == nil && !f.full || f.sealed {
		return nil
	}
	if f.at.Part == f.last.Part && f.file != nil {
		f.at = f.last
		f.full = false
		return f.cut(f.last.Length)
	}
	if err := f.Close(); err != nil {
		return err
	}
	return f.reopenAt(Begin{Last: &f.last})
}

// Close closes the newest part file and leaves it as a crash would.
func (f *Folder) Close() error { return f.close() }
