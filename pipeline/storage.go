package pipeline

import (
	"errors"
	"io/fs"
	"syscall"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// StorageError codes an error of writing to a disk: full (tried again), forbidden, missing folder, or broken. It is the
// one place that decides which of them may be tried again. Coded errors and nil come back as they are.
func StorageError(err error, path string) error {
	if err == nil {
		return nil
	}
	if _, ok := fault.As(err); ok {
		return err
	}
	where := fault.Where{File: path}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		// Space may come back: somebody deletes something, or a quota is raised.
		return fault.New(fault.StorageFull, "no space left: %w", err).At(where)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fault.New(fault.OutputWrite, "not writable: %w", err).At(where)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return fault.New(fault.OutputFolder, "no such folder: %w", err).At(where)
	default:
		// After a failed sync the kernel may have dropped the pages (fsyncgate), so a retry could lie: start again
		// from the last checkpoint instead.
		return fault.New(fault.StorageIO, "%w", err).At(where)
	}
}
