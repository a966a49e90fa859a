package column

import (
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// validity is a column's null bitmap. It is allocated with the first null.
type validity struct {
	alloc memory.Allocator
	rows  int
	bits  *memory.Buffer
	nulls int
}

func (v *validity) null(row int) {
	if v.bits == nil {
		v.bits = buffer(v.alloc, int(bitutil.BytesForBits(int64(v.rows))))
		memory.Set(v.bits.Bytes(), 0xff)
	}
	bitutil.ClearBit(v.bits.Bytes(), row)
	v.nulls++
}

func (v *validity) drop() {
	if v.bits != nil {
		v.bits.Release()
	}
}
