package pipeline

import (
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// pool is the pipeline's allocator: it counts the bytes that are in use and keeps freed buffers for the next batch, so
// that a steady pipeline takes nothing from the Go heap. Buffers come in powers of two; each class keeps at most
// poolKeep bytes. Safe for concurrent use.
type pool struct {
	next memory.Allocator
	used atomic.Int64
	mu   sync.Mutex
	free [poolClasses][][]byte // guarded by mu
}

const (
	poolMinBits = 10 // smaller buffers are left to the Go heap
	poolMaxBits = 26
	poolClasses = poolMaxBits - poolMinBits + 1
	poolKeep    = 16 << 20
)

var _ memory.Allocator = (*pool)(nil)

func newPool() *pool { return &pool{next: memory.NewGoAllocator()} }

// Used is the number of bytes that were allocated and not freed yet.
func (p *pool) Used() int64 { return p.used.Load() }

func (p *pool) Allocate(size int) []byte {
	p.used.Add(int64(size))
	class, ok := poolClass(size)
	if !ok {
		return p.next.Allocate(size)
	}
	p.mu.Lock()
	if n := len(p.free[class]); n > 0 {
		b := p.free[class][n-1]
		p.free[class] = p.free[class][:n-1]
		p.mu.Unlock()
		b = b[:size]
		clear(b)
		return b
	}
	p.mu.Unlock()
	return p.next.Allocate(1 << (class + poolMinBits))[:size]
}

func (p *pool) Reallocate(size int, b []byte) []byte {
	if size <= cap(b) {
		p.used.Add(int64(size - len(b)))
		if old := len(b); size > old {
			b = b[:size]
			clear(b[old:])
			return b
		}
		return b[:size]
	}
	grown := p.Allocate(size)
	copy(grown, b)
	p.Free(b)
	return grown
}

func (p *pool) Free(b []byte) {
	p.used.Add(-int64(len(b)))
	class, ok := poolClass(cap(b))
	if !ok || cap(b) != 1<<(class+poolMinBits) {
		return
	}
	p.mu.Lock()
	if (len(p.free[class])+1)<<(class+poolMinBits) <= poolKeep {
		p.free[class] = append(p.free[class], b[:0])
	}
	p.mu.Unlock()
}

// poolClass is the class of the smallest pooled buffer that holds size bytes.
func poolClass(size int) (int, bool) {
	if size < 1<<poolMinBits || size > 1<<poolMaxBits {
		return 0, false
	}
	return bits.Len(uint(size-1)) - poolMinBits, true
}
