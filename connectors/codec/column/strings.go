package column

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Strings builds a utf8 column of known length. Values must be valid UTF-8.
type Strings struct {
	data    *memory.Buffer
	offsets *memory.Buffer
	bytes   []byte  // data's bytes; the first ends[rows] of them are in use
	ends    []int32 // ends[i+1] is where value i ends; ends[0] is 0
	rows    int
	valid   validity
}

// NewStrings returns a builder for a column of rows values that take at most size bytes together.
func NewStrings(alloc memory.Allocator, rows, size int) *Strings {
	s := &Strings{data: buffer(alloc, size), offsets: buffer(alloc, (rows+1)*4), valid: validity{alloc: alloc, rows: rows}}
	s.bytes = s.data.Bytes()
	s.ends = arrow.Int32Traits.CastFromBytes(s.offsets.Bytes())
	s.ends[0] = 0
	return s
}

// Append adds a value.
func (s *Strings) Append(v []byte) {
	end := s.ends[s.rows]
	s.set(end + int32(copy(s.bytes[end:], v)))
}

// Space is the room for the next value, to be written in place and then taken by Keep.
func (s *Strings) Space() []byte { return s.bytes[s.ends[s.rows]:] }

// Keep adds the first n bytes of Space as a value.
func (s *Strings) Keep(n int) { s.set(s.ends[s.rows] + int32(n)) }

// Null adds a null.
func (s *Strings) Null() {
	s.valid.null(s.rows)
	s.set(s.ends[s.rows])
}

func (s *Strings) set(end int32) {
	s.rows++
	s.ends[s.rows] = end
}

// Array ends the column. The caller releases it.
func (s *Strings) Array() arrow.Array {
	s.data.ResizeNoShrink(int(s.ends[s.rows]))
	data := array.NewData(arrow.BinaryTypes.String, s.rows, []*memory.Buffer{s.valid.bits, s.offsets, s.data}, nil, s.valid.nulls, 0)
	defer data.Release()
	s.Drop()
	return array.NewStringData(data)
}

// Drop frees the builder's hold on its buffers.
func (s *Strings) Drop() {
	s.data.Release()
	s.offsets.Release()
	s.valid.drop()
}

func buffer(alloc memory.Allocator, size int) *memory.Buffer {
	b := memory.NewResizableBuffer(alloc)
	b.Resize(size)
	return b
}
