package xlsx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/codec/celltype"
	"github.com/winnow-stream/winnow/connectors/codec/column"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// reader reads the records of a sheet. One goroutine uses it.
type reader struct {
	fs    disk.FS
	split *pipeline.Split
	want  pipeline.Projection

	book    *workbook
	sheet   *sheet
	columns int    // of the header
	slots   []int  // by column of the sheet: the wanted column, or -1
	typed   int    // the wanted column of typed cells, or -1
	lenient []bool // by column of the sheet: an error of a cell is a value
	schema  *arrow.Schema
	next    int64 // offset of the next record
	waiting bool  // the sheet's current row belongs into the next batch
	rows    rows
	cells   []byte // scratch for typed cells
	ended   bool   // the sheet was read to its end
}

// Open starts reading the records of split.File at a position; its offset alone counts. Batches need no decoding.
func Open(ctx context.Context, fsys disk.FS, split *pipeline.Split, from pipeline.Position, want pipeline.Projection, opts Options) (_ pipeline.Reader, err error) {
	defer recovered(&err, split.File)
	w, err := openWorkbook(fsys, split.File, opts)
	if err != nil {
		return nil, err
	}
	r := &reader{fs: fsys, split: split, want: want, book: w}
	if err := r.open(ctx, from, opts); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *reader) open(ctx context.Context, from pipeline.Position, opts Options) error {
	sheets, err := r.book.choose(opts.Sheet)
	if err != nil {
		return err
	}
	var h *header
	for _, info := range sheets {
		if r.sheet, err = r.book.openSheet(info); err != nil {
			return err
		}
		r.sheet.kept = slices.ContainsFunc(r.want.Columns, celltype.Field.Equal)
		// A first sheet with a header alone is passed over, as by Layout.
		if h, err = r.sheet.header(ctx, opts); err == nil && !opts.NoHeader {
			err = r.firstRecord(ctx)
		}
		if !atEnd(err) {
			break
		}
	}
	if atEnd(err) {
		return fault.New(fault.InputEmpty, "there is no record in the workbook").At(fault.Where{File: r.split.File})
	}
	if err != nil {
		return err
	}
	r.waiting = true
	return r.seek(ctx, h, from, opts)
}

func (r *reader) firstRecord(ctx context.Context) error {
	for {
		if err := r.sheet.next(ctx); err != nil || len(r.sheet.cells) > 0 {
			return err
		}
	}
}

// seek skips rows up to the position and prepares the projection.
func (r *reader) seek(ctx context.Context, h *header, from pipeline.Position, opts Options) error {
	r.next, r.columns = from.Offset, len(h.names)
	for r.sheet.row-1 < from.Offset {
		if err := r.sheet.next(ctx); atEnd(err) {
			r.ended, r.waiting = true, false
			break
		} else if err != nil {
			return err
		}
	}
	r.slots, r.lenient = make([]int, len(h.names)), make([]bool, len(h.names))
	for i, name := range h.names {
		r.slots[i] = -1
		r.lenient[i] = opts.Needed != nil && !slices.Contains(opts.Needed, name)
	}
	fields := []arrow.Field{{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64}}
	r.typed = -1
	for slot, f := range r.want.Columns {
		if f.Equal(celltype.Field) {
			r.typed = slot
			fields = append(fields, f)
			continue
		}
		at := slices.Index(h.names, f.Name)
		switch {
		case at < 0:
			return h.layout(r.sheet).UnknownColumn(f.Name)
		case f.Type.ID() != arrow.STRING:
			return fault.New(fault.ColumnsType, "columns of a sheet are text, not %s", f.Type).At(fault.Where{File: r.split.File, Field: f.Name})
		}
		r.slots[at] = slot
		f.Nullable = true
		fields = append(fields, f)
	}
	r.schema = arrow.NewSchema(fields, nil)
	return nil
}

// Next returns the next records.
func (r *reader) Next(ctx context.Context) (_ *pipeline.Batch, err error) {
	defer recovered(&err, r.split.File)
	b := &pipeline.Batch{Split: r.split, First: r.next}
	r.rows.reset(len(r.want.Columns))
	limit := max(r.want.Rows, 1)
	for len(r.rows.offsets) < limit && (r.want.Bytes <= 0 || len(r.rows.text) < r.want.Bytes) && !r.ended {
		if err := r.take(ctx, b); err != nil {
			return nil, err
		}
	}
	if len(r.rows.offsets) == 0 && b.Blank == 0 {
		return nil, r.end()
	}
	b.Record = r.rows.record(r.want, r.schema)
	for _, f := range r.rows.faults {
		b.Kill(f.Row, f.Err)
	}
	b.Next = pipeline.Position{Offset: r.next, Byte: -1, Read: min(r.book.read.Load(), r.split.Size)}
	return b, nil
}

// take adds one row of the sheet to the batch.
func (r *reader) take(ctx context.Context, b *pipeline.Batch) error {
	if !r.waiting {
		switch err := r.sheet.next(ctx); {
		case atEnd(err):
			r.ended = true
			return nil
		case err != nil:
			return err
		}
	}
	r.waiting = false
	s := r.sheet
	r.next = s.row
	if len(s.cells) == 0 {
		b.Blank++
		return nil
	}
	r.rows.begin(s.row - 1)
	if r.want.MaxRecord > 0 && len(s.text) > r.want.MaxRecord {
		r.rows.kill(r.fault(fault.RecordTooLarge, -1, fmt.Sprintf("the row holds %d bytes, more than %d", len(s.text), r.want.MaxRecord)))
		return nil
	}
	for _, c := range s.cells {
		switch {
		case c.column >= len(r.slots):
			if c.to > c.from || c.err != nil {
				r.rows.kill(r.fault(fault.RecordFields, c.column, fmt.Sprintf("cell %s lies beyond the header, which has %d columns", cellName(c.column, s.row), r.columns)))
			}
		case r.slots[c.column] < 0:
		case c.err != nil && !r.lenient[c.column]:
			r.rows.kill(c.err)
		case c.err != nil && c.to == c.from: // there is nothing to show
		default:
			r.rows.set(r.slots[c.column], s.text[c.from:c.to])
		}
	}
	if r.typed >= 0 && len(s.typed) > 0 {
		r.rows.set(r.typed, r.appendTyped(r.cells[:0]))
	}
	return nil
}

// appendTyped appends the row's typed cells.
func (r *reader) appendTyped(row []byte) []byte {
	s, at := r.sheet, 0
	for _, t := range s.typed {
		for s.cells[at].column < t.column {
			at++
		}
		if c := s.cells[at]; t.column < r.columns {
			row = celltype.Append(row, celltype.Cell{Column: t.column, Shown: s.text[c.from:c.to], Value: s.values[t.from:t.to]})
		}
	}
	r.cells = row
	return row
}

func (r *reader) fault(code *fault.Code, column int, what string) *fault.Error {
	where := fault.Where{File: r.split.File, Offset: r.sheet.row - 1, HasOffset: true}
	if column >= 0 {
		where.Cell = cellName(column, r.sheet.row)
	}
	err := fault.New(code, "%s", what).At(where)
	if code == fault.RecordFields {
		err = err.WithFix("give the column a name in the header, or empty the cell")
	}
	return err
}

// end is reached once: the sheet is whole, and the archive's checksums have been compared.
func (r *reader) end() error {
	if err := r.book.unchanged(r.fs); err != nil {
		return err
	}
	return io.EOF
}

// Close closes the file.
func (r *reader) Close() error {
	var err error
	if r.sheet != nil {
		err = r.sheet.close()
	}
	return errors.Join(err, r.book.close())
}

// rows are the values of a batch in the making.
type rows struct {
	columns int
	offsets []int64
	text    []byte
	spans   []cell // of each row's wanted columns; to < 0 is null
	faults  []pipeline.RowFault
}

func (r *rows) reset(columns int) {
	*r = rows{columns: columns, offsets: r.offsets[:0], text: r.text[:0], spans: r.spans[:0]}
}

func (r *rows) begin(offset int64) {
	r.offsets = append(r.offsets, offset)
	for range r.columns {
		r.spans = append(r.spans, cell{to: -1})
	}
}

func (r *rows) set(slot int, text []byte) {
	from := len(r.text)
	r.text = append(r.text, text...)
	r.spans[len(r.spans)-r.columns+slot] = cell{from: from, to: len(r.text)}
}

func (r *rows) kill(err *fault.Error) {
	r.faults = append(r.faults, pipeline.RowFault{Row: len(r.offsets) - 1, Err: err})
}

// record makes the columns.
func (r *rows) record(want pipeline.Projection, schema *arrow.Schema) arrow.RecordBatch {
	n := len(r.offsets)
	offsets := column.NewNumbers[int64](want.Alloc, n)
	for _, o := range r.offsets {
		offsets.Append(o)
	}
	columns := []arrow.Array{offsets.Array()}
	for slot := range r.columns {
		if schema.Field(slot+1).Type.ID() == arrow.BINARY {
			columns = append(columns, r.binary(want.Alloc, slot))
			continue
		}
		size := 0
		for row := range n {
			c := r.spans[row*r.columns+slot]
			size += max(c.to-c.from, 0)
		}
		values := column.NewStrings(want.Alloc, n, size)
		for row := range n {
			if c := r.spans[row*r.columns+slot]; c.to < 0 {
				values.Null()
			} else {
				values.Append(r.text[c.from:c.to])
			}
		}
		columns = append(columns, values.Array())
	}
	rec := array.NewRecordBatch(schema, columns, int64(n))
	for _, c := range columns {
		c.Release()
	}
	return rec
}

// binary makes the column of typed cells.
func (r *rows) binary(alloc memory.Allocator, slot int) arrow.Array {
	b := array.NewBinaryBuilder(alloc, arrow.BinaryTypes.Binary)
	defer b.Release()
	for row := range r.offsets {
		if c := r.spans[row*r.columns+slot]; c.to < 0 {
			b.AppendNull()
		} else {
			b.Append(r.text[c.from:c.to])
		}
	}
	return b.NewArray()
}
