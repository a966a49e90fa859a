package expr

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/expr-lang/expr/ast"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// join makes texts of columns and literals, one after the other.
type join struct {
	parts   []part
	columns []*column
}

// part is a column or, where that is nil, a literal.
type part struct {
	column  *column
	literal string
}

// joinOf takes apart a tree that is a sum of texts; false where it is anything else.
func joinOf(t *tree) ([]part, bool) {
	var parts []part
	var walk func(n ast.Node) bool
	walk = func(n ast.Node) bool {
		if r, ok := t.refs[n]; ok {
			parts = append(parts, part{column: r.column})
			return len(r.rest) == 0 && isText(r.column.field.Type) && !pipeline.IsJSONText(r.column.field)
		}
		switch x := n.(type) {
		case *ast.StringNode:
			parts = append(parts, part{literal: x.Value})
			return true
		case *ast.BinaryNode:
			return x.Operator == "+" && walk(x.Left) && walk(x.Right)
		default:
			return false
		}
	}
	return parts, walk(t.parsed.Node)
}

func (j *join) needs() []arrow.Field { return fields(j.columns) }

// source is a column of texts, read by row.
type source struct {
	texts *array.String     // the values, or those of the dictionary
	dict  *array.Dictionary // nil: texts has one a row
}

func (s source) null(row int) bool {
	if s.dict != nil {
		return s.dict.IsNull(row)
	}
	return s.texts.IsNull(row)
}

func (s source) value(row int) string {
	if s.dict != nil {
		row = s.dict.GetValueIndex(row)
	}
	return s.texts.Value(row)
}

func (j *join) texts(t *Text, b *pipeline.Batch) (arrow.Array, error) {
	sources := make([]source, len(j.parts))
	for i, p := range j.parts {
		if p.column == nil {
			continue
		}
		col, _ := find(b, p.column.field.Name)
		switch c := col.(type) {
		case *array.String:
			sources[i].texts = c
		case *array.Dictionary:
			sources[i].dict = c
			sources[i].texts, _ = c.Dictionary().(*array.String)
		}
		if sources[i].texts == nil {
			return nil, fault.New(fault.Internal, "the source gave no texts for the column %q", p.column.field.Name)
		}
	}
	total := j.measure(t, b, sources)
	if total > math.MaxInt32 {
		return nil, fault.New(fault.Internal, "the texts of a batch take %d bytes, more than a column holds", total)
	}
	return j.build(t.alloc, b, sources, int(total)), nil
}

// measure kills rows that lack a part, and adds up the bytes of the others.
func (j *join) measure(t *Text, b *pipeline.Batch, sources []source) int64 {
	total := int64(0)
rows:
	for row := range b.Len() {
		if !b.Live(row) {
			continue
		}
		size := int64(0)
		for i, p := range j.parts {
			switch {
			case p.column == nil:
				size += int64(len(p.literal))
			case sources[i].null(row):
				t.missing(b, row, p.column.field.Name)
				continue rows
			default:
				size += int64(len(sources[i].value(row)))
			}
		}
		total += size
	}
	return total
}

func (j *join) build(alloc memory.Allocator, b *pipeline.Batch, sources []source, total int) arrow.Array {
	n := b.Len()
	offsets, bytes, bitmap := memory.NewResizableBuffer(alloc), memory.NewResizableBuffer(alloc), memory.NewResizableBuffer(alloc)
	offsets.Resize((n + 1) * arrow.Int32SizeBytes)
	bytes.Resize(total)
	bitmap.Resize((n + 7) / 8)
	ends, text, bits := arrow.Int32Traits.CastFromBytes(offsets.Bytes()), bytes.Bytes(), bitmap.Bytes()
	clear(bits)
	at, nulls := 0, 0
	ends[0] = 0
	for row := range n {
		if b.Live(row) {
			for i, p := range j.parts {
				if p.column == nil {
					at += copy(text[at:], p.literal)
				} else {
					at += copy(text[at:], sources[i].value(row))
				}
			}
			bits[row>>3] |= 1 << (row & 7)
		} else {
			nulls++
		}
		ends[row+1] = int32(at)
	}
	data := array.NewData(arrow.BinaryTypes.String, n, []*memory.Buffer{bitmap, offsets, bytes}, nil, nulls, 0)
	defer data.Release()
	offsets.Release()
	bytes.Release()
	bitmap.Release()
	return array.NewStringData(data)
}
