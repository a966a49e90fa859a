package column

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Ints builds an int64 column of known length.
type Ints struct {
	data   *memory.Buffer
	values []int64
	n      int
	valid  validity
}

// NewInts returns a builder for a column of rows values.
func NewInts(alloc memory.Allocator, rows int) *Ints {
	c := &Ints{data: buffer(alloc, rows*8), valid: validity{alloc: alloc, rows: rows}}
	c.values = arrow.Int64Traits.CastFromBytes(c.data.Bytes())
	return c
}

// Append adds a value.
func (c *Ints) Append(v int64) { c.values[c.n] = v; c.n++ }

// Null adds a null.
func (c *Ints) Null() { c.valid.null(c.n); c.Append(0) }

// Array ends the column. The caller releases it.
func (c *Ints) Array() arrow.Array { return c.valid.array(arrow.PrimitiveTypes.Int64, c.data) }

// Floats builds a float64 column of known length.
type Floats struct {
	data   *memory.Buffer
	values []float64
	n      int
	valid  validity
}

// NewFloats returns a builder for a column of rows values.
func NewFloats(alloc memory.Allocator, rows int) *Floats {
	c := &Floats{data: buffer(alloc, rows*8), valid: validity{alloc: alloc, rows: rows}}
	c.values = arrow.Float64Traits.CastFromBytes(c.data.Bytes())
	return c
}

// Append adds a value.
func (c *Floats) Append(v float64) { c.values[c.n] = v; c.n++ }

// Null adds a null.
func (c *Floats) Null() { c.valid.null(c.n); c.Append(0) }

// Array ends the column. The caller releases it.
func (c *Floats) Array() arrow.Array { return c.valid.array(arrow.PrimitiveTypes.Float64, c.data) }

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
