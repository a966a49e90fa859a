package http

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// cutter makes a batch of lines.
type cutter struct {
	batch  *pipeline.Batch
	want   pipeline.Projection
	next   int64 // offset of the next line
	bytes  int
	build  *array.RecordBuilder
	faults []pipeline.RowFault
}

func newCutter(split *pipeline.Split, want pipeline.Projection, first int64) *cutter {
	if want.Alloc == nil {
		want.Alloc = memory.DefaultAllocator
	}
	return &cutter{
		batch: &pipeline.Batch{Split: split, First: first, Streamed: true},
		want:  want, next: first, build: array.NewRecordBuilder(want.Alloc, pipeline.CutSchema),
	}
}

func (c *cutter) free() { c.build.Release() }

func (c *cutter) rows() int { return c.build.Field(0).Len() }

func (c *cutter) full() bool {
	return c.rows() >= max(c.want.Rows, 1) || c.bytes >= max(c.want.Bytes, 1)
}

// add adds a line, its end included, unless it is blank. One that is too large is a row without a value.
func (c *cutter) add(line []byte) {
	offset := c.next
	c.next++
	body := bytes.TrimRight(line, "\r\n")
	if len(bytes.TrimLeft(body, " \t")) == 0 {
		c.batch.Blank++
		return
	}
	c.build.Field(0).(*array.Int64Builder).Append(offset)
	raw := c.build.Field(1).(*array.BinaryBuilder)
	if c.want.MaxRecord <= 0 || len(body) <= c.want.MaxRecord {
		raw.Append(line)
		c.bytes += len(line)
		return
	}
	raw.AppendNull()
	sum := sha256.Sum256(body)
	err := fault.New(fault.RecordTooLarge, "the record has %d bytes, more than %d", len(body), c.want.MaxRecord).
		At(fault.Where{File: c.batch.Split.File, Offset: offset, HasOffset: true})
	c.faults = append(c.faults, pipeline.RowFault{
		Row: c.rows() - 1, Err: err, Size: int64(len(body)), SHA256: hex.EncodeToString(sum[:]),
	})
}

// seal ends the batch.
func (c *cutter) seal(next int64) *pipeline.Batch {
	b := c.batch
	b.Record = c.build.NewRecordBatch()
	b.Next = pipeline.Position{Offset: next, Byte: -1}
	for _, f := range c.faults {
		b.Kill(f.Row, f.Err)
		b.Faults[len(b.Faults)-1] = f
	}
	return b
}
