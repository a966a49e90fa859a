package pipeline

import (
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// StorageError codes an error of writing to a disk; see fault.Storage.
func StorageError(err error, path string) error { return fault.Storage(err, path) }

// OutputExists is the error for an output that is somebody else's.
func OutputExists(path string) error {
	return fault.New(fault.OutputExists, "the output exists and was not written by this run").At(fault.Where{File: path})
}

// RefuseForeign refuses a file that appeared at an output's path since the run began. One that a crash left between the
// output's rename and the end of its seal is the run's own: it holds what made holds.
func RefuseForeign(fsys disk.FS, path, made string) error {
	there, err := disk.Exists(fsys, path)
	if err != nil || !there {
		return StorageError(err, path)
	}
	own, err := disk.Same(fsys, path, made)
	if err == nil && !own {
		return OutputExists(path)
	}
	return StorageError(err, path)
}
