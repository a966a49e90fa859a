package parquet

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/parquet-go/parquet-go/format"

	col "github.com/winnow-stream/winnow/connectors/parquet/column"
	"github.com/winnow-stream/winnow/connectors/parquet/schema"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// encoders is a set of encoders for all columns. It is used by one goroutine.
type encoders struct {
	fields [][]*col.Encoder // by field, then by leaf
	rows   int
	sel    []int32
}

// encoded is a batch as pages, by column.
type encoded struct {
	rows  int
	pages [][]*col.Page
}

func newEncoders(tree *schema.Tree, codec format.CompressionCodec, spares col.Spares) *encoders {
	e := &encoders{}
	for _, n := range tree.Fields {
		e.fields = append(e.fields, col.NewEncoders(n, codec, spares))
	}
	return e
}

// encode turns rows of the arrays into pages; rows nil: all of them.
func (e *encoders) encode(arrays []arrow.Array, rows []int32, n int) (*encoded, error) {
	out := &encoded{rows: n}
	for i, arr := range arrays {
		size := int(float64(bytesOf(arr)) * float64(n) / float64(max(arr.Len(), 1)))
		parts := max((n+pageRows-1)/pageRows, size/pageBytes, 1)
		for _, enc := range e.fields[i] {
			var pages []*col.Page
			for p := range min(parts, n) {
				from, to := p*n/min(parts, n), (p+1)*n/min(parts, n)
				if err := enc.Append(arr, e.choose(rows, from, to, n)); err != nil {
					return nil, fault.New(fault.Internal, "%w", err)
				}
				page, err := enc.Cut()
				if err != nil {
					return nil, fault.New(fault.Internal, "%w", err)
				}
				pages = append(pages, page)
			}
			out.pages = append(out.pages, pages)
		}
	}
	return out, nil
}

// choose returns rows from to before to of n, as Encoder.Append takes them.
func (e *encoders) choose(rows []int32, from, to, n int) []int32 {
	if rows != nil {
		return rows[from:to]
	}
	if from == 0 && to == n {
		return nil
	}
	e.sel = e.sel[:0]
	for i := from; i < to; i++ {
		e.sel = append(e.sel, int32(i))
	}
	return e.sel
}

// add collects rows without cutting pages.
func (e *encoders) add(arrays []arrow.Array, rows []int32, n int) error {
	for i, arr := range arrays {
		for _, enc := range e.fields[i] {
			if err := enc.Append(arr, rows); err != nil {
				return fault.New(fault.Internal, "%w", err)
			}
		}
	}
	e.rows += n
	return nil
}

func (e *encoders) size() (n int) {
	for _, f := range e.fields {
		for _, enc := range f {
			n += enc.Size()
		}
	}
	return n
}

// cut ends the pages of what was added.
func (e *encoders) cut() (*encoded, error) {
	out := &encoded{rows: e.rows}
	for _, f := range e.fields {
		for _, enc := range f {
			p, err := enc.Cut()
			if err != nil {
				return nil, fault.New(fault.Internal, "%w", err)
			}
			out.pages = append(out.pages, []*col.Page{p})
		}
	}
	e.rows = 0
	return out, nil
}

// bytesOf is about the size of an array's values. A slice counts by its share.
func bytesOf(arr arrow.Array) int64 {
	d := arr.Data()
	var n int64
	if offsets, ok := arr.(interface{ ValueOffsets() []int32 }); ok {
		if o := offsets.ValueOffsets(); len(o) > 0 {
			return int64(o[len(o)-1]-o[0]) + int64(4*arr.Len())
		}
		return 0
	}
	if w, ok := arr.DataType().(arrow.FixedWidthDataType); ok {
		return int64(w.BitWidth()/8) * int64(arr.Len())
	}
	for _, b := range d.Buffers() {
		if b != nil {
			n += int64(b.Len())
		}
	}
	for _, c := range d.Children() {
		n += int64(c.SizeInBytes())
	}
	return n
}
