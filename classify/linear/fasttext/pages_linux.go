package fasttext

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// largePage is the size of a large page.
const largePage = 2 << 20 // bytes

func useLargePages(data []float32) {
	if len(data)*4 < 4*largePage {
		return
	}
	b := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(data))), len(data)*4)
	skip := int(-uintptr(unsafe.Pointer(&b[0])) & (largePage - 1))
	b = b[skip:]
	_ = unix.Madvise(b[:len(b)/largePage*largePage], unix.MADV_HUGEPAGE)
}
