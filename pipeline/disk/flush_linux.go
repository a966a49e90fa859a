package disk

import (
	"os"

	"golang.org/x/sys/unix"
)

// Flush begins to write n bytes of a file, from an offset on, to its disk, and does not wait for the end. It promises nothing: the
// Sync that follows does, and tells of what went wrong; it only has less left to do.
func Flush(f *os.File, offset, n int64) {
	_ = unix.SyncFileRange(int(f.Fd()), offset, n, unix.SYNC_FILE_RANGE_WRITE)
}
