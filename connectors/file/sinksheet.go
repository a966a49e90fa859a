package file

import (
	"errors"
	"io"
	"path/filepath"

	"github.com/winnow-stream/winnow/connectors/file/part"
	"github.com/winnow-stream/winnow/connectors/file/xlsx"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/failpoint"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// sheet is an .xlsx output. A zip archive can't be cut back, so rows are journaled into the part file, as JSON arrays of
// cells, and the workbook is made of them at the seal.
type sheet struct {
	*part.File // the journal
	fs         disk.FS
	columns    []string
}

var _ output = (*sheet)(nil)

func newSheet(fsys disk.FS, path string) *sheet {
	return &sheet{File: part.NewFile(fsys, path), fs: fsys}
}

// Open readies the journal, unless the workbook was made of it already.
func (s *sheet) Open(b part.Begin) error {
	if b.Last != nil && b.Sealing {
		if done, err := s.done(); err != nil || done {
			return err
		}
	}
	return s.File.Open(b)
}

// fits refuses more rows than a sheet holds.
func (s *sheet) fits(rows int64) error {
	if rows <= xlsx.MaxRows-1 {
		return nil
	}
	return fault.New(fault.OutputRows, "a sheet holds %d rows below its header", xlsx.MaxRows-1).At(fault.Where{File: s.Path()})
}

// Write journals rows, as long as the sheet can hold them.
func (s *sheet) Write(p []byte, rows int64) error {
	if err := s.fits(s.Rows() + rows); err != nil {
		return err
	}
	return s.File.Write(p, rows)
}

// done reports whether the workbook is in place and its journal gone.
func (s *sheet) done() (bool, error) {
	journal, err := s.exists(s.PartPath())
	if err != nil || journal {
		return false, err
	}
	return s.exists(s.Path())
}

func (s *sheet) exists(name string) (bool, error) {
	there, err := disk.Exists(s.fs, name)
	return there, pipeline.StorageError(err, name)
}

func (s *sheet) tempPath() string { return s.PartPath() + ".xlsx" }

// Seal makes the workbook, renames it into place and removes the journal. It is idempotent: equal journals make equal
// workbooks.
func (s *sheet) Seal(r part.Receipt) error {
	if s.Omits(r) {
		return s.File.Seal(r)
	}
	done, err := s.done()
	switch {
	case err != nil:
		return err
	case done:
		return s.syncFolder()
	}
	failpoint.Hit("file.sealing")
	if err := s.build(r.Length); err != nil {
		return pipeline.StorageError(err, s.Path())
	}
	if !r.Replace {
		if err := pipeline.RefuseForeign(s.fs, s.Path(), s.tempPath()); err != nil {
			return err
		}
	}
	if err := s.fs.Rename(s.tempPath(), s.Path()); err != nil {
		return pipeline.StorageError(err, s.Path())
	}
	failpoint.Hit("file.renamed")
	if err := s.syncFolder(); err != nil {
		return err
	}
	if err := errors.Join(s.Close(), s.fs.Remove(s.PartPath())); err != nil {
		return pipeline.StorageError(err, s.PartPath())
	}
	return s.syncFolder()
}

// build writes the workbook beside its place, durably.
func (s *sheet) build(length int64) error {
	journal, err := s.fs.Open(s.PartPath())
	if err != nil {
		return err
	}
	temp, err := s.fs.Create(s.tempPath())
	if err != nil {
		return errors.Join(err, journal.Close())
	}
	err = xlsx.Write(temp, s.columns, io.LimitReader(journal, length))
	if err == nil {
		err = temp.Sync()
	}
	return errors.Join(err, temp.Close(), journal.Close())
}

func (s *sheet) syncFolder() error {
	err := s.fs.SyncDir(filepath.Dir(s.Path()))
	return pipeline.StorageError(err, s.Path())
}
