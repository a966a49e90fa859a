package frame

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// maxBatch is what one batch may take in memory, in bytes: a message of the largest size, compressed four to one.
const maxBatch = 256 << 20

// budget is an allocator that gives so much and no more: what a compressed column says that it inflates to is not to be believed,
// and a process that asks the system for too much ends. It panics then, which Decode recovers from.
type budget struct {
	memory.Allocator
	left int // bytes
}

func (b *budget) take(size int) {
	if size > b.left {
		panic(fmt.Sprintf("it claims more than %d MiB", maxBatch>>20))
	}
	b.left -= size
}

// Allocate gives size bytes.
func (b *budget) Allocate(size int) []byte {
	b.take(size)
	return b.Allocator.Allocate(size)
}

// Reallocate gives size bytes that begin as old does.
func (b *budget) Reallocate(size int, old []byte) []byte {
	b.take(max(size-len(old), 0))
	return b.Allocator.Reallocate(size, old)
}
