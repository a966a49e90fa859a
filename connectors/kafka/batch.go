package kafka

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// batchBuilder makes batches of fetched records. One goroutine uses it.
type batchBuilder struct {
	cfg  SourceConfig
	want pipeline.Projection
	meta bool // what a message has beside its value is wanted
}

func newBatchBuilder(cfg SourceConfig, want pipeline.Projection) *batchBuilder {
	if want.Alloc == nil {
		want.Alloc = memory.DefaultAllocator
	}
	return &batchBuilder{cfg: cfg, want: want, meta: wantsMeta(want)}
}

// batches cuts a partition's records into batches and returns the offset after them. The first batch begins at next,
// where the partition was read to; records from end on are left out (-1: none).
func (bb *batchBuilder) batches(split *pipeline.Split, records []*kgo.Record, next, end, high int64) ([]*pipeline.Batch, int64) {
	var out []*pipeline.Batch
	for len(records) > 0 {
		n, bytes := 0, 0
		for n < len(records) && n < bb.want.Rows && bytes < bb.want.Bytes {
			if r := records[n]; end >= 0 && r.Offset >= end {
				break
			} else if len(r.Value) <= bb.want.MaxRecord {
				bytes += len(r.Value)
			}
			n++
		}
		if n == 0 { // at the end
			break
		}
		after := records[n-1].Offset + 1
		b := bb.batch(split, records[:n], bytes) // recycles the records
		b.First = next
		next = after
		b.Next = pipeline.Position{Offset: next, Byte: -1}
		b.High = high
		out = append(out, b)
		records = records[n:]
	}
	if len(records) > 0 && end > next { // compacted up to the end, or beyond it
		next = end
	}
	return out, next
}

// batch makes columns of records. Control records are no rows: they only take offsets.
func (bb *batchBuilder) batch(split *pipeline.Split, records []*kgo.Record, bytes int) *pipeline.Batch {
	b := &pipeline.Batch{Split: split, Streamed: true}
	rows := 0
	var keys, headers bool
	for _, r := range records {
		if r.Attrs.IsControl() {
			continue
		}
		if bb.skip(r) {
			b.Blank++
			continue
		}
		rows++
		keys = keys || r.Key != nil
		headers = headers || len(r.Headers) > 0
	}
	c := newMessageColumns(bb.want.Alloc, rows, bytes, bb.meta, keys, headers)
	if bb.cfg.replay != nil {
		c.origins = array.NewStructBuilder(bb.want.Alloc, pipeline.OriginType)
	}
	for _, r := range records {
		if !r.Attrs.IsControl() && !bb.skip(r) {
			bb.row(b, c, r)
		}
		r.Recycle() // everything was copied
	}
	b.Record = c.record()
	for i := range b.Faults {
		f := &b.Faults[i]
		f.Err = f.Err.At(fault.Where{File: split.File, Offset: b.Offsets()[f.Row], HasOffset: true})
	}
	b.Fates = bb.fates(b, c)
	return b
}

// skip tells messages that the configuration drops before they are records.
func (bb *batchBuilder) skip(r *kgo.Record) bool {
	return r.Value == nil && bb.cfg.Tombstones == tombstonesDrop
}

// row appends a record. One that is too large keeps its place, and its size and hash in place of its value.
func (bb *batchBuilder) row(b *pipeline.Batch, c *messageColumns, r *kgo.Record) {
	row := c.rows
	value := r.Value
	origin := originOf(r)
	switch {
	case origin != nil && origin.fault != nil:
		b.Faults = append(b.Faults, pipeline.RowFault{Row: row, Err: origin.fault, Size: origin.size, SHA256: origin.sha256})
	case value == nil && bb.cfg.Tombstones == tombstonesDead:
		b.Faults = append(b.Faults, pipeline.RowFault{Row: row, Err: fault.New(fault.RecordTombstone, "the message has no value")})
	case value == nil:
		c.bare = append(c.bare, row)
	case len(value) > bb.want.MaxRecord:
		sum := sha256.Sum256(value)
		err := fault.New(fault.RecordTooLarge, "the value has %d bytes, and max_record_bytes is %d", len(value), bb.want.MaxRecord)
		b.Faults = append(b.Faults, pipeline.RowFault{Row: row, Err: err, Size: int64(len(value)), SHA256: hex.EncodeToString(sum[:])})
		value = nil
	}
	c.append(r, value)
	if c.origins != nil {
		origin.append(c.origins)
	}
}

// fates gives the rows that don't go through the stages theirs.
func (bb *batchBuilder) fates(b *pipeline.Batch, c *messageColumns) []pipeline.Fate {
	if len(b.Faults) == 0 && len(c.bare) == 0 {
		return nil
	}
	fates := make([]pipeline.Fate, c.rows)
	for _, f := range b.Faults {
		fates[f.Row] = pipeline.Dead
	}
	for _, row := range c.bare {
		fates[row] = pipeline.Bare
	}
	return fates
}

// messageColumns builds the columns of a batch.
type messageColumns struct {
	rows    int
	bare    []int
	offsets *array.Int64Builder
	raw     *array.BinaryBuilder
	keys    *array.BinaryBuilder    // nil: not wanted, or no record has one
	times   *array.TimestampBuilder // nil: not wanted
	headers *array.ListBuilder      // nil: not wanted, or no record has one
	origins *array.StructBuilder    // nil: no dead letters
}

var (
	timeType    = &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}
	headersType = arrow.ListOf(arrow.StructOf(
		arrow.Field{Name: "key", Type: arrow.BinaryTypes.String},
		arrow.Field{Name: "value", Type: arrow.BinaryTypes.Binary, Nullable: true},
	))
)

func newMessageColumns(alloc memory.Allocator, rows, bytes int, meta, keys, headers bool) *messageColumns {
	c := &messageColumns{
		offsets: array.NewInt64Builder(alloc),
		raw:     array.NewBinaryBuilder(alloc, arrow.BinaryTypes.Binary),
	}
	c.offsets.Reserve(rows)
	c.raw.Reserve(rows)
	c.raw.ReserveData(bytes)
	if !meta {
		return c
	}
	c.times = array.NewTimestampBuilder(alloc, timeType)
	c.times.Reserve(rows)
	if keys {
		c.keys = array.NewBinaryBuilder(alloc, arrow.BinaryTypes.Binary)
		c.keys.Reserve(rows)
	}
	if headers {
		c.headers = array.NewListBuilderWithField(alloc, headersType.ElemField())
		c.headers.Reserve(rows)
	}
	return c
}

func (c *messageColumns) append(r *kgo.Record, value []byte) {
	c.rows++
	c.offsets.UnsafeAppend(r.Offset)
	if value == nil {
		c.raw.AppendNull()
	} else {
		c.raw.Append(value)
	}
	if c.times != nil {
		c.times.Append(arrow.Timestamp(r.Timestamp.UnixMilli()))
	}
	if c.keys != nil {
		if r.Key == nil {
			c.keys.AppendNull()
		} else {
			c.keys.Append(r.Key)
		}
	}
	if c.headers == nil {
		return
	}
	c.headers.Append(true)
	pair := c.headers.ValueBuilder().(*array.StructBuilder)
	for _, h := range r.Headers {
		pair.Append(true)
		pair.FieldBuilder(0).(*array.StringBuilder).Append(h.Key)
		v := pair.FieldBuilder(1).(*array.BinaryBuilder)
		if h.Value == nil {
			v.AppendNull()
		} else {
			v.Append(h.Value)
		}
	}
}

// record returns the columns as a record.
func (c *messageColumns) record() arrow.RecordBatch {
	fields := []arrow.Field{
		{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64},
		{Name: pipeline.ColRaw, Type: arrow.BinaryTypes.Binary, Nullable: true},
	}
	builders := []array.Builder{c.offsets, c.raw}
	if c.times != nil {
		fields, builders = append(fields, arrow.Field{Name: pipeline.ColTime, Type: timeType}), append(builders, c.times)
	}
	if c.keys != nil {
		fields = append(fields, arrow.Field{Name: pipeline.ColKey, Type: arrow.BinaryTypes.Binary, Nullable: true})
		builders = append(builders, c.keys)
	}
	if c.headers != nil {
		fields, builders = append(fields, arrow.Field{Name: pipeline.ColHeaders, Type: headersType}), append(builders, c.headers)
	}
	if c.origins != nil {
		fields = append(fields, arrow.Field{Name: pipeline.ColFrom, Type: pipeline.OriginType, Nullable: true})
		builders = append(builders, c.origins)
	}
	cols := make([]arrow.Array, len(builders))
	for i, b := range builders {
		cols[i] = b.NewArray()
		b.Release()
	}
	rec := array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, int64(c.rows))
	for _, col := range cols {
		col.Release()
	}
	return rec
}
