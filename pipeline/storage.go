package pipeline

import "github.com/winnow-stream/winnow/pipeline/fault"

// StorageError codes an error of writing to a disk; see fault.Storage.
func StorageError(err error, path string) error { return fault.Storage(err, path) }
