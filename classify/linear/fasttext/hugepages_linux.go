package fasttext

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePage is the size of a large page of amd64, and the size from which on asking for them pays.
const hugePage = 2 << 20

// useHugePages asks the system to back a large, fresh slice with large pages. Rows are read at random: with small pages
// most reads of a large model would first wait for the page table. It is a wish; nothing depends on it.
func useHugePages(data []float32) {
	if len(data)*4 < 4*hugePage {
		return
	}
	b := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(data))), len(data)*4)
	skip := int(-uintptr(unsafe.Pointer(&b[0])) & (hugePage - 1))
	b = b[skip:]
	_ = unix.Madvise(b[:len(b)/hugePage*hugePage], unix.MADV_HUGEPAGE)
}
