package part

import (
	"errors"
	"path/filepath"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/failpoint"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Suffix is what an unfinished output's name ends with.
const Suffix = ".part"

// File is one output file. It is used by one goroutine at a time.
type File struct {
	fs   disk.FS
	path string

	appender
	rows    int64
	replace bool
	omit    bool    // no output is left where no row came
	last    Receipt // of the last commit
	entry   bool    // the folder's entry of the part file is durable
	sealed  bool    // the output is in place
	begun   bool    // an earlier Open has made the part file: leftovers are this run's own
}

// NewFile returns the output at path. Nothing is touched before Open.
func NewFile(fsys disk.FS, path string) *File { return &File{fs: fsys, path: path} }

// Path is where the output is found after the seal; PartPath where it is until then.
func (f *File) Path() string     { return f.path }
func (f *File) PartPath() string { return f.path + Suffix }

// Open readies the output. It can be called again after an error.
func (f *File) Open(b Begin) error {
	if err := f.Close(); err != nil {
		return err
	}
	*f = File{fs: f.fs, path: f.path, begun: f.begun, omit: b.OmitEmpty}
	b.Resumed = b.Resumed || f.begun
	if b.Last != nil {
		return f.reopenAt(b)
	}
	if err := f.lookFresh(b); err != nil {
		return err
	}
	f.replace, f.begun = b.Overwrite, true
	if err := f.create(f.fs, f.PartPath()); err != nil {
		return err
	}
	if err := f.write(b.Head); err != nil {
		return err
	}
	f.last = f.receipt()
	return nil
}

func (f *File) lookFresh(b Begin) error {
	if err := lookFresh(f.fs, f.path, f.PartPath(), b); err != nil {
		return err
	}
	there, err := exists(f.fs, f.path)
	if err != nil || !there {
		return err
	}
	info, err := f.fs.Stat(f.path)
	switch {
	case err != nil:
		return pipeline.StorageError(err, f.path)
	case info.IsDir():
		return fault.New(fault.OutputExists, "the output is a folder").At(fault.Where{File: f.path}).
			WithFix("end the path with / to write part files into a folder, or name a file")
	case !b.Overwrite:
		return pipeline.OutputExists(f.path)
	}
	return nil
}

func (f *File) reopenAt(b Begin) error {
	f.rows, f.replace, f.last = b.Last.Rows, b.Last.Replace, *b.Last
	if b.Sealing {
		done, err := f.done(*b.Last)
		if err != nil || done {
			f.sealed = done
			return err
		}
	}
	return f.reopen(f.fs, f.PartPath(), b.Last.Length)
}

// Omits reports whether the seal at a receipt leaves no output.
func (f *File) Omits(r Receipt) bool { return f.omit && r.Rows == 0 }

// done reports whether the seal has already renamed the output, or left it out. An unfinished output that is gone is an
// error.
func (f *File) done(r Receipt) (bool, error) {
	left, err := exists(f.fs, f.PartPath())
	if err != nil || left {
		return false, err
	}
	if f.Omits(r) {
		return true, nil
	}
	there, err := exists(f.fs, f.path)
	if err != nil {
		return false, err
	}
	if !there {
		return false, gone(f.PartPath(), "the unfinished output is missing; it held %d bytes", r.Length)
	}
	info, err := f.fs.Stat(f.path)
	if err != nil {
		return false, pipeline.StorageError(err, f.path)
	}
	if info.Size() != r.Length {
		return false, gone(f.path, "the output has %d bytes; it was sealed with %d", info.Size(), r.Length)
	}
	return true, nil
}

// Write appends a batch's rows. A Write that failed has left nothing behind and can be repeated.
func (f *File) Write(p []byte, rows int64) error {
	if err := f.write(p); err != nil {
		return err
	}
	f.rows += rows
	failpoint.Hit("file.appended")
	return nil
}

// Rows is the number of rows written so far.
func (f *File) Rows() int64 { return f.rows }

// Prepare makes everything written durable.
func (f *File) Prepare() (Receipt, error) {
	if f.sealed {
		return f.last, nil
	}
	if err := f.sync(); err != nil {
		return Receipt{}, err
	}
	if !f.entry {
		if err := syncError(f.fs.SyncDir(filepath.Dir(f.path)), f.path); err != nil {
			return Receipt{}, err
		}
		f.entry = true
	}
	failpoint.Hit("file.synced")
	return f.receipt(), nil
}

func (f *File) receipt() Receipt {
	return Receipt{Length: f.length, Rows: f.rows, Replace: f.replace}
}

// Commit remembers what Abort goes back to.
func (f *File) Commit(r Receipt) { f.last = r }

// Abort cuts off what came after the last commit.
func (f *File) Abort() error {
	if f.file == nil {
		return nil
	}
	f.rows = f.last.Rows
	return f.cut(f.last.Length)
}

// Seal renames the output into place. It is idempotent.
func (f *File) Seal(r Receipt) error {
	if f.Omits(r) {
		f.sealed = true
		return errors.Join(f.Close(), omit(f.fs, f.path, f.PartPath(), r))
	}
	done, err := f.done(r)
	if err != nil {
		return err
	}
	if !done {
		if err := f.rename(r); err != nil {
			return err
		}
	}
	f.sealed = true
	return syncError(f.fs.SyncDir(filepath.Dir(f.path)), f.path)
}

func (f *File) rename(r Receipt) error {
	failpoint.Hit("file.sealing")
	info, err := f.fs.Stat(f.PartPath())
	if err != nil {
		return pipeline.StorageError(err, f.PartPath())
	}
	if info.Size() != r.Length {
		return gone(f.PartPath(), "the unfinished output has %d bytes; it held %d", info.Size(), r.Length)
	}
	if !r.Replace {
		there, err := exists(f.fs, f.path)
		if err != nil {
			return err
		}
		if there {
			return pipeline.OutputExists(f.path)
		}
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := f.fs.Rename(f.PartPath(), f.path); err != nil {
		return pipeline.StorageError(err, f.path)
	}
	failpoint.Hit("file.renamed")
	return nil
}

// Close closes the file and leaves it as a crash would.
func (f *File) Close() error { return f.close() }
