package part

import (
	"errors"
	"path/filepath"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/failpoint"
)

// replacedSuffix is what an older output's name ends with between its replacement and its removal.
const replacedSuffix = ".replaced"

func (f *Folder) omits(r Receipt) bool { return f.omit && r.Rows == 0 }

// done reports whether the seal has already renamed the output, or left it out. An unfinished output that is gone is an
// error.
func (f *Folder) done(r Receipt) (bool, error) {
	left, err := exists(f.fs, f.PartPath())
	if err != nil || left {
		return false, err
	}
	if f.omits(r) {
		return true, nil
	}
	there, err := exists(f.fs, f.path)
	if err == nil && !there {
		err = gone(f.PartPath(), "the unfinished output is missing; it held %d part files", f.at.Part+1)
	}
	return there, err
}

// Seal renames the folder into place, and removes what it replaces. It is idempotent.
func (f *Folder) Seal(r Receipt) error {
	if f.omits(r) {
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
	if err := syncError(f.fs.SyncDir(filepath.Dir(f.path)), f.path); err != nil {
		return err
	}
	if !r.Replace {
		return nil
	}
	// The old output goes only after the new one is durable.
	if err := f.fs.RemoveAll(f.path + replacedSuffix); err != nil {
		return pipeline.StorageError(err, f.path+replacedSuffix)
	}
	return syncError(f.fs.SyncDir(filepath.Dir(f.path)), f.path)
}

func (f *Folder) rename(r Receipt) error {
	failpoint.Hit("file.sealing")
	if err := f.Close(); err != nil {
		return err
	}
	vacant, err := f.vacant()
	if err != nil {
		return err
	}
	switch {
	case !vacant && !r.Replace:
		return pipeline.OutputExists(f.path)
	case !vacant:
		if err := f.setAside(); err != nil {
			return err
		}
	}
	if err := f.fs.Rename(f.PartPath(), f.path); err != nil {
		return pipeline.StorageError(err, f.path)
	}
	failpoint.Hit("file.renamed")
	return nil
}

// setAside moves an older output out of the way: a folder that holds something can't be replaced in one step.
func (f *Folder) setAside() error {
	aside := f.path + replacedSuffix
	there, err := exists(f.fs, aside)
	switch {
	case err != nil:
		return err
	case there:
		return pipeline.OutputExists(aside)
	}
	return pipeline.StorageError(f.fs.Rename(f.path, aside), f.path)
}
