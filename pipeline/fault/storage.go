package fault

import (
	"errors"
	"io/fs"
	"syscall"
)

// Storage codes an error of writing to a disk: full (tried again), forbidden, missing folder, or broken. It is the one
// place that decides which of them may be tried again. Coded errors and nil come back as they are.
func Storage(err error, path string) error {
	if err == nil {
		return nil
	}
	if _, ok := As(err); ok {
		return err
	}
	where := Where{File: path}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		// Space may come back: somebody deletes something, or a quota is raised.
		return New(StorageFull, "no space left: %w", err).At(where)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return New(OutputWrite, "not writable: %w", err).At(where)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return New(OutputFolder, "no such folder: %w", err).At(where)
	default:
		// After a failed sync the kernel may have dropped the pages (fsyncgate), so a retry could lie: start again
		// from the last checkpoint instead.
		return New(StorageIO, "%w", err).At(where)
	}
}

// Unreadable codes an error of reading an input: missing where it is gone, else one that may pass.
func Unreadable(err error, path string) *Error {
	where := Where{File: path}
	if errors.Is(err, fs.ErrNotExist) {
		return New(InputMissing, "there is no such file: %w", err).At(where)
	}
	return New(InputRead, "%w", err).At(where)
}
