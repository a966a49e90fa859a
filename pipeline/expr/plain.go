package expr

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// plain takes a column as the texts: without a copy, and with its dictionary where it has one.
type plain struct{ field arrow.Field }

func (p plain) needs() []arrow.Field { return []arrow.Field{p.field} }

func (p plain) texts(t *Text, b *pipeline.Batch) (arrow.Array, error) {
	col, _ := find(b, p.field.Name)
	if col == nil {
		return nil, fault.New(fault.Internal, "the source left out the column %q", p.field.Name)
	}
	if !textColumn(col) {
		return p.convert(t, b, col)
	}
	if col.NullN() > 0 {
		for row := range col.Len() {
			if b.Live(row) && col.IsNull(row) {
				t.missing(b, row, p.field.Name)
			}
		}
	}
	for row, f := range b.Fates {
		if f != pipeline.Live && col.IsValid(row) {
			return masked(t.alloc, col, b), nil
		}
	}
	col.Retain()
	return col, nil
}

// textColumn reports whether a column is of a type that _text may have.
func textColumn(col arrow.Array) bool {
	switch c := col.(type) {
	case *array.String:
		return true
	case *array.Dictionary:
		_, ok := c.Dictionary().(*array.String)
		return ok
	default:
		return false
	}
}

// convert copies texts out of a column of another type, such as large_utf8.
func (p plain) convert(t *Text, b *pipeline.Batch, col arrow.Array) (arrow.Array, error) {
	read := newReader(col, false)
	out := array.NewStringBuilder(t.alloc)
	defer out.Release()
	for row := range col.Len() {
		s, ok := read(row).(string)
		switch {
		case ok && b.Live(row):
			out.Append(s)
		case b.Live(row):
			t.missing(b, row, p.field.Name)
			fallthrough
		default:
			out.AppendNull()
		}
	}
	return out.NewArray(), nil
}

// masked is a column with nulls in the rows that aren't live. It shares everything but the bitmap.
func masked(alloc memory.Allocator, col arrow.Array, b *pipeline.Batch) arrow.Array {
	data := col.Data()
	bitmap := memory.NewResizableBuffer(alloc)
	defer bitmap.Release()
	bitmap.Resize(int(bitutil.BytesForBits(int64(data.Offset() + data.Len()))))
	bits := bitmap.Bytes()
	clear(bits)
	nulls := 0
	for row := range data.Len() {
		if b.Live(row) && col.IsValid(row) {
			bitutil.SetBit(bits, data.Offset()+row)
		} else {
			nulls++
		}
	}
	buffers := append([]*memory.Buffer{bitmap}, data.Buffers()[1:]...)
	var out *array.Data
	if d, ok := col.(*array.Dictionary); ok {
		out = array.NewDataWithDictionary(data.DataType(), data.Len(), buffers, nulls, data.Offset(), d.Dictionary().Data().(*array.Data))
	} else {
		out = array.NewData(data.DataType(), data.Len(), buffers, nil, nulls, data.Offset())
	}
	defer out.Release()
	return array.MakeFromData(out)
}

// typeName is a column's type in words that a user knows.
func typeName(f arrow.Field) string {
	if pipeline.IsJSONText(f) {
		return "nested values"
	}
	t := f.Type
	if d, ok := t.(*arrow.DictionaryType); ok {
		t = d.ValueType
	}
	switch {
	case arrow.IsInteger(t.ID()), arrow.IsFloating(t.ID()), arrow.IsDecimal(t.ID()):
		return "numbers"
	case t.ID() == arrow.BOOL:
		return "true and false"
	case arrow.IsListLike(t.ID()):
		return "lists"
	case t.ID() == arrow.STRUCT:
		return "nested values"
	case t.ID() == arrow.TIMESTAMP, t.ID() == arrow.DATE32, t.ID() == arrow.DATE64:
		return "times"
	case t.ID() == arrow.BINARY, t.ID() == arrow.LARGE_BINARY, t.ID() == arrow.FIXED_SIZE_BINARY:
		return "bytes"
	default:
		return "values of type " + t.String()
	}
}
