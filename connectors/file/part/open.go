package part

import (
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Begin says how an output is opened.
type Begin struct {
	Last      *Receipt // of the last checkpoint; nil for a start from nothing
	Resumed   bool     // leftovers are this run's own
	Sealing   bool     // the output may be in place already
	Overwrite bool     // leftovers and an existing output may be replaced
	OmitEmpty bool     // the seal leaves nothing where no row came
	// Head is what a file begins with before its first row, such as a CSV header.
	Head []byte
}

// lookFresh checks, before anything is written, that path may be written to from nothing: its folder exists, nothing is
// there that must not be replaced, and leftovers are this run's own.
func lookFresh(fsys disk.FS, path, leftover string, b Begin) error {
	where := fault.Where{File: path}
	folder := filepath.Dir(path)
	info, err := fsys.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.New(fault.OutputFolder, "there is no folder %s", folder).At(where)
	case err != nil:
		return pipeline.StorageError(err, path)
	case !info.IsDir():
		return fault.New(fault.OutputFolder, "%s is not a folder", folder).At(where)
	}
	if b.Overwrite || b.Resumed {
		return nil
	}
	left, err := exists(fsys, leftover)
	if err != nil {
		return err
	}
	if left {
		return fault.New(fault.StateMissing, "%s is an unfinished output, but there is no state to go on from", leftover).At(where)
	}
	return nil
}

// omit is the seal of an output that is left out: what it replaces goes first, durably, so that the unfinished output's
// absence tells that all is done.
func omit(fsys disk.FS, path, unfinished string, r Receipt) error {
	left, err := exists(fsys, unfinished)
	if err != nil {
		return err
	}
	if left && r.Replace {
		if err := fsys.RemoveAll(path); err != nil {
			return pipeline.StorageError(err, path)
		}
		if err := fsys.SyncDir(filepath.Dir(path)); err != nil {
			return syncError(err, path)
		}
	}
	if left {
		if err := fsys.RemoveAll(unfinished); err != nil {
			return pipeline.StorageError(err, unfinished)
		}
	}
	return syncError(fsys.SyncDir(filepath.Dir(path)), path)
}

func exists(fsys disk.FS, name string) (bool, error) {
	there, err := disk.Exists(fsys, name)
	return there, pipeline.StorageError(err, name)
}

// gone is the error for an unfinished output that is not as its receipt says.
func gone(name, format string, args ...any) error {
	return fault.New(fault.OutputGone, format, args...).At(fault.Where{File: name})
}

// syncError codes an error of Sync. Unlike other errors it is never tried again: the system may have thrown away what it
// could not write and report success the next time.
func syncError(err error, path string) error {
	if err == nil {
		return nil
	}
	return fault.New(fault.StorageIO, "sync: %w", err).At(fault.Where{File: path})
}
