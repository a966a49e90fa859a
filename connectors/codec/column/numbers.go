package column

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Numbers builds an int64 or float64 column of known length.
type Numbers[T int64 | float64] struct {
	data   *memory.Buffer
	values []T
	n      int
	valid  validity
}

// NewNumbers returns a builder for a column of rows values.
func NewNumbers[T int64 | float64](alloc memory.Allocator, rows int) *Numbers[T] {
	c := &Numbers[T]{data: buffer(alloc, rows*8), valid: validity{alloc: alloc, rows: rows}}
	c.values = arrow.GetData[T](c.data.Bytes())
	return c
}

// Append adds a value.
func (c *Numbers[T]) Append(v T) { c.values[c.n] = v; c.n++ }

// Null adds a null.
func (c *Numbers[T]) Null() { c.valid.null(c.n); c.Append(0) }

// Array ends the column. The caller releases it.
func (c *Numbers[T]) Array() arrow.Array { return c.valid.array(arrow.GetDataType[T](), c.data) }

// Bools builds a boolean column of known length.
type Bools struct {
	data  *memory.Buffer
	bits  []byte
	n     int
	valid validity
}

// NewBools returns a builder for a column of rows values.
func NewBools(alloc memory.Allocator, rows int) *Bools {
	c := &Bools{data: buffer(alloc, int(bitutil.BytesForBits(int64(rows)))), valid: validity{alloc: alloc, rows: rows}}
	c.bits = c.data.Bytes()
	return c
}

// Append adds a value.
func (c *Bools) Append(v bool) { bitutil.SetBitTo(c.bits, c.n, v); c.n++ }

// Null adds a null.
func (c *Bools) Null() { c.valid.null(c.n); c.Append(false) }

// Array ends the column. The caller releases it.
func (c *Bools) Array() arrow.Array { return c.valid.array(arrow.FixedWidthTypes.Boolean, c.data) }

// array makes the array of a column of fixed width and gives up the builder's hold on its buffers.
func (v *validity) array(t arrow.DataType, values *memory.Buffer) arrow.Array {
	data := array.NewData(t, v.rows, []*memory.Buffer{v.bits, values}, nil, v.nulls, 0)
	defer data.Release()
	values.Release()
	v.drop()
	return array.MakeFromData(data)
}
