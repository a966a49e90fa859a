package file

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// rows are the records of a batch in the making. They lie in the reader's chunk one right after the other, as an Arrow
// column wants it: what comes behind a gap, such as a blank line, is moved down.
type rows struct {
	begin   int     // where the first record begins in the chunk
	end     int     // where the last one ends
	ends    []int32 // of each record, relative to begin; the first is 0
	offsets []int64
	nulls   []int32 // rows without a value
	faults  []*fault.Error
}

func (r *rows) reset(at int) {
	r.begin, r.end = at, at
	r.ends = append(r.ends[:0], 0)
	r.offsets, r.nulls, r.faults = r.offsets[:0], r.nulls[:0], r.faults[:0]
}

func (r *rows) len() int { return len(r.offsets) }

// size is the records' size in bytes.
func (r *rows) size() int { return r.end - r.begin }

// add adds the record buf[from:to].
func (r *rows) add(buf []byte, from, to int, offset int64) {
	if from != r.end {
		copy(buf[r.end:], buf[from:to])
	}
	r.end += to - from
	r.put(offset)
}

// skip adds a row without a value.
func (r *rows) skip(offset int64, err *fault.Error) {
	r.nulls = append(r.nulls, int32(len(r.offsets)))
	r.faults = append(r.faults, err)
	r.put(offset)
}

func (r *rows) put(offset int64) {
	r.ends = append(r.ends, int32(r.end-r.begin))
	r.offsets = append(r.offsets, offset)
}

// record makes the Arrow columns over the chunk, which it retains.
func (r *rows) record(chunk *memory.Buffer, alloc memory.Allocator) arrow.RecordBatch {
	n := len(r.offsets)
	offsets := filled(alloc, arrow.Int64Traits.CastToBytes(r.offsets))
	ends := filled(alloc, arrow.Int32Traits.CastToBytes(r.ends))
	var valid, bytes *memory.Buffer
	if len(r.nulls) > 0 {
		valid = filled(alloc, make([]byte, bitutil.BytesForBits(int64(n))))
		memory.Set(valid.Bytes(), 0xff)
		for _, row := range r.nulls {
			bitutil.ClearBit(valid.Bytes(), int(row))
		}
		defer valid.Release()
	}
	if chunk != nil {
		bytes = memory.SliceBuffer(chunk, r.begin, r.end-r.begin)
	} else {
		bytes = memory.NewBufferBytes(nil)
	}
	defer offsets.Release()
	defer ends.Release()
	defer bytes.Release()
	cols := [...]arrow.Array{
		arrayOf(arrow.PrimitiveTypes.Int64, n, 0, nil, offsets),
		arrayOf(arrow.BinaryTypes.Binary, n, len(r.nulls), valid, ends, bytes),
	}
	defer cols[0].Release()
	defer cols[1].Release()
	return array.NewRecordBatch(pipeline.CutSchema, cols[:], int64(n))
}

func arrayOf(t arrow.DataType, n, nulls int, buffers ...*memory.Buffer) arrow.Array {
	data := array.NewData(t, n, buffers, nil, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data)
}

func filled(alloc memory.Allocator, content []byte) *memory.Buffer {
	b := memory.NewResizableBuffer(alloc)
	b.Resize(len(content))
	copy(b.Bytes(), content)
	return b
}

// seal ends a batch: its columns, its faults and its position.
func (r *reader) seal(b *pipeline.Batch) {
	b.Record = r.rows.record(r.chunk, r.want.Alloc)
	for i, row := range r.rows.nulls {
		b.Kill(int(row), r.rows.faults[i])
	}
	r.next.Read = r.stream.raw.n
	if r.file != nil && r.in.utf8Plain() {
		r.next.Read = r.next.Byte
	}
	b.Next = r.next
}
