package csv

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/codec/column"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Decode replaces the _offset and _raw columns of a batch by those that the plan's projection asks for. Records that
// are wrong are killed; their values are null. Many goroutines may decode batches of one plan at once.
func (p *Plan) Decode(b *pipeline.Batch, alloc memory.Allocator) error {
	raws := b.Column(pipeline.ColRaw).(*array.Binary)
	d := p.pool.Get().(*decoder)
	defer p.pool.Put(d)
	d.begin(p, b, raws)
	for row := range d.rows {
		if b.Live(row) {
			d.record(row)
		}
	}
	cols := make([]arrow.Array, len(p.want.Columns))
	for i := range cols {
		cols[i] = d.column(i, alloc)
	}
	column.Replace(b, p.schema, p.want.Raw, cols...)
	d.batch, d.plan, d.bytes, d.ends = nil, nil, nil, nil
	return nil
}

// missing is the span of a field that a record does not have.
var missing = span{from: -1}

// decoder holds what is found in one batch before columns are built of it.
type decoder struct {
	plan    *Plan
	batch   *pipeline.Batch
	bytes   []byte  // the batch's records, one after the other
	ends    []int32 // record i is bytes[ends[i]:ends[i+1]]
	rows    int
	quotes  bool // some record has quotes
	isUTF8  bool
	control bool   // some record has NUL bytes
	spans   []span // column-major: field of column c in row r at c*rows+r
}

func (d *decoder) begin(p *Plan, b *pipeline.Batch, raws *array.Binary) {
	d.plan, d.batch, d.rows = p, b, raws.Len()
	if n := d.rows * len(p.want.Columns); cap(d.spans) < n {
		d.spans = make([]span, n)
	} else {
		d.spans = d.spans[:n]
	}
	for i := range d.spans {
		d.spans[i] = missing
	}
	if d.rows == 0 {
		return
	}
	d.bytes, d.ends = raws.Data().Buffers()[2].Bytes(), raws.ValueOffsets()
	all := d.bytes[d.ends[0]:d.ends[d.rows]]
	d.quotes = bytes.IndexByte(all, '"') >= 0
	d.isUTF8 = utf8.Valid(all)
	d.control = bytes.IndexByte(all, 0) >= 0
}

// record finds the wanted fields of one record, or kills it.
func (d *decoder) record(row int) {
	from, end := int(d.ends[row]), int(d.ends[row+1])
	to := trim(d.bytes, from, end)
	if !d.isUTF8 || d.control {
		if err := d.characters(row, d.bytes[from:to]); err != nil {
			d.batch.Kill(row, err)
			return
		}
	}
	p := d.plan
	var fields int
	if d.quotes && bytes.IndexByte(d.bytes[from:to], '"') >= 0 {
		var bad mistake
		var at int
		fields, bad, at = splitQuoted(d.bytes, from, to, p.delimiter, p.slots, d.spans[min(row, len(d.spans)):], d.rows)
		if bad != sound {
			d.kill(row, quoteFault(bad), d.bytes[from:at])
			return
		}
	} else {
		fields = splitPlain(d.bytes, from, to, p.delimiter, p.slots, d.spans[min(row, len(d.spans)):], d.rows)
	}
	if fields != p.columns { // those that it has are kept, for outputs that show it with its reason
		w := d.where(row, nil)
		w.Column = 0
		d.batch.Kill(row, d.ragged(fields).At(w))
	}
}

// characters checks a record's characters, once the batch is known to hold wrong ones.
func (d *decoder) characters(row int, rec []byte) *fault.Error {
	if at := bytes.IndexByte(rec, 0); at >= 0 {
		return fault.New(fault.RecordControl, "the record holds a NUL byte").At(d.where(row, rec[:at]))
	}
	for at := 0; at < len(rec); {
		r, size := utf8.DecodeRune(rec[at:])
		if r == utf8.RuneError && size == 1 {
			return fault.New(fault.RecordUTF8, "byte 0x%02x is not valid UTF-8", rec[at]).At(d.where(row, rec[:at]))
		}
		at += size
	}
	return nil
}

// kill rejects a row, whose fields are none then, for a mistake that follows a part of it.
func (d *decoder) kill(row int, err *fault.Error, before []byte) {
	for c := range d.plan.want.Columns {
		d.spans[c*d.rows+row] = missing
	}
	d.batch.Kill(row, err.At(d.where(row, before)))
}

// where is the place in a record after the given part of it.
func (d *decoder) where(row int, before []byte) fault.Where {
	offset := d.batch.Offsets()[row]
	line := offset + 1 + int64(bytes.Count(before, []byte{'\n'}))
	column := int64(utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])) + 1
	return fault.Where{File: d.batch.Split.File, Line: line, Column: column, Offset: offset, HasOffset: true}
}

func quoteFault(m mistake) *fault.Error {
	what := "a quote stands inside an unquoted field"
	switch m {
	case afterQuote:
		what = "there is text between a closing quote and the next delimiter"
	case openQuote:
		what = "a quoted field does not end"
	}
	return fault.New(fault.RecordQuote, "%s", what)
}

func (d *decoder) ragged(fields int) *fault.Error {
	than := "header"
	if !d.plan.header {
		than = "first row"
	}
	return fault.New(fault.RecordFields, "row has %s, the %s %d", count(fields, "field"), than, d.plan.columns)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func (d *decoder) column(c int, alloc memory.Allocator) arrow.Array {
	spans := d.spans[c*d.rows : (c+1)*d.rows]
	size := 0
	for _, s := range spans {
		if s.from >= 0 {
			size += int(s.to - s.from)
		}
	}
	col := column.NewStrings(alloc, d.rows, size)
	for _, s := range spans {
		switch {
		case s.from < 0:
			col.Null()
		case s.doubled:
			col.Keep(undouble(col.Space(), d.bytes[s.from:s.to]))
		default:
			col.Append(d.bytes[s.from:s.to])
		}
	}
	return col.Array()
}
