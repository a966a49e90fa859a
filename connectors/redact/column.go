package redact

import (
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// rewriter redacts one view. It is used by one goroutine.
type rewriter struct {
	*redaction
	find    *hider
	rows    []int32 // of the view; nil: all of them
	scratch []byte
}

// column returns a column of the record as the sink sees it. The caller releases it.
func (w *rewriter) column(f arrow.Field, c arrow.Array) (arrow.Array, error) {
	whole, within := w.where.of(f.Name)
	if f.Name[0] == '_' {
		whole, within = w.where.runtime(f.Name)
	}
	switch {
	case f.Name == pipeline.ColRaw:
		return w.bytes(c.(*array.Binary), w.rows, w.raw)
	case f.Name == pipeline.ColText:
		whole = true
	case f.Name == pipeline.ColExtra, w.isRecord(f):
		return w.jsonTexts(c, w.rows, "")
	case pipeline.IsJSONText(f) && (whole || within):
		return w.jsonTexts(c, w.rows, f.Name)
	}
	if !whole && !within {
		c.Retain()
		return c, nil
	}
	return w.array(c, f.Name, whole, w.rows)
}

// isRecord reports whether a column is the whole record as JSON: value, of a message.
func (w *rewriter) isRecord(f arrow.Field) bool {
	return f.Name == "value" && pipeline.IsJSONText(f) && !w.in.Schema.HasField(f.Name)
}

func (w *rewriter) bytes(c *array.Binary, rows []int32, one func(dst, value []byte) ([]byte, error)) (arrow.Array, error) {
	b := array.NewBinaryBuilder(w.alloc, arrow.BinaryTypes.Binary)
	defer b.Release()
	var buf []byte
	for row, valid := range pipeline.EachRow(c, rows) {
		if !valid {
			b.AppendNull()
			continue
		}
		var err error
		if buf, err = one(buf[:0], c.Value(row)); err != nil {
			return nil, err
		}
		b.Append(buf)
	}
	return b.NewArray(), nil
}

// jsonTexts redacts a column of JSON texts, whose fields have names behind a prefix.
func (w *rewriter) jsonTexts(c arrow.Array, rows []int32, prefix string) (arrow.Array, error) {
	if d, ok := c.(*array.Dictionary); ok {
		values, err := w.jsonTexts(d.Dictionary(), nil, prefix)
		if err != nil {
			return nil, err
		}
		defer values.Release()
		return array.NewDictionaryArray(d.DataType(), d.Indices(), values), nil
	}
	texts, ok := c.(*array.String)
	if !ok {
		return nil, fault.New(fault.Internal, "a column of JSON texts is of type %s", c.DataType())
	}
	b := array.NewStringBuilder(w.alloc)
	defer b.Release()
	var buf []byte
	for row, valid := range pipeline.EachRow(c, rows) {
		if !valid {
			b.AppendNull()
			continue
		}
		var err error
		if buf, err = w.json(buf[:0], []byte(texts.Value(row)), prefix); err != nil {
			return nil, err
		}
		b.BinaryBuilder.Append(buf)
	}
	return b.NewArray(), nil
}

// array redacts the texts of an array, or those of its fields that are looked through. Numbers and other values become
// null where they are what is to be hidden.
func (w *rewriter) array(c arrow.Array, path string, whole bool, rows []int32) (arrow.Array, error) {
	switch c := c.(type) {
	case *array.String:
		b := array.NewStringBuilder(w.alloc)
		defer b.Release()
		for row, valid := range pipeline.EachRow(c, rows) {
			appendHidden(w, b, valid, func() string { return c.Value(row) })
		}
		return b.NewArray(), nil
	case *array.LargeString:
		b := array.NewLargeStringBuilder(w.alloc)
		defer b.Release()
		for row, valid := range pipeline.EachRow(c, rows) {
			appendHidden(w, b, valid, func() string { return c.Value(row) })
		}
		return b.NewArray(), nil
	case *array.Binary:
		return w.bytes(c, rows, func(dst, value []byte) ([]byte, error) {
			if !w.find.look(view(value)) {
				return append(dst, value...), nil
			}
			return w.find.append(dst, view(value)), nil
		})
	case *array.Dictionary:
		return w.dictionary(c, path, whole)
	case *array.Struct:
		return w.structs(c, path, whole, rows)
	case array.ListLike:
		return w.lists(c, path, whole)
	case array.ExtensionArray, *array.StringView, *array.BinaryView, *array.FixedSizeBinary, *array.LargeBinary:
		return nil, fault.New(fault.RedactFormat, "the column %q is of type %s, which can't be redacted", path, c.DataType())
	default:
		return w.values(c, rows), nil
	}
}

// stringBuilder is what builders of strings share.
type stringBuilder interface {
	Append(v string)
	AppendNull()
}

func appendHidden(w *rewriter, b stringBuilder, valid bool, value func() string) {
	if !valid {
		b.AppendNull()
		return
	}
	b.Append(w.find.text(value()))
}

// dictionary redacts the values, each once.
func (w *rewriter) dictionary(c *array.Dictionary, path string, whole bool) (arrow.Array, error) {
	values, err := w.array(c.Dictionary(), path, whole, nil)
	if err != nil {
		return nil, err
	}
	defer values.Release()
	return array.NewDictionaryArray(c.DataType(), c.Indices(), values), nil
}

// structs redacts the fields that are looked through.
func (w *rewriter) structs(c *array.Struct, path string, whole bool, rows []int32) (arrow.Array, error) {
	of := c.DataType().(*arrow.StructType)
	fields := make([]arrow.Array, c.NumField())
	defer release(fields)
	children := make([]arrow.ArrayData, len(fields))
	for i := range fields {
		inner := path + "." + of.Field(i).Name
		fieldWhole, within := whole, false
		if !whole {
			fieldWhole, within = w.where.of(inner)
		}
		var err error
		if fields[i] = c.Field(i); fieldWhole || within {
			fields[i], err = w.array(c.Field(i), inner, fieldWhole, rows)
		} else {
			fields[i].Retain()
		}
		if err != nil {
			fields[i] = nil
			return nil, err
		}
		children[i] = fields[i].Data()
	}
	return w.rebuilt(c, children, []*memory.Buffer{w.validity(c)}, 0), nil
}

// validity is an array's bitmap from its first row on; nil where no row is null.
func (w *rewriter) validity(c arrow.Array) *memory.Buffer {
	if c.NullN() == 0 {
		return nil
	}
	if c.Data().Offset() == 0 {
		return c.Data().Buffers()[0]
	}
	bits := memory.NewBufferBytes(make([]byte, bitutil.BytesForBits(int64(c.Len()))))
	for row := range c.Len() {
		if c.IsValid(row) {
			bitutil.SetBit(bits.Bytes(), row)
		}
	}
	return bits
}

// lists redacts the values of lists, of all rows: which values a row has is only known by its offsets.
func (w *rewriter) lists(c array.ListLike, path string, whole bool) (arrow.Array, error) {
	values, err := w.array(c.ListValues(), path, whole, nil)
	if err != nil {
		return nil, err
	}
	defer values.Release()
	return w.rebuilt(c, []arrow.ArrayData{values.Data()}, c.Data().Buffers(), c.Data().Offset()), nil
}

// rebuilt is an array with other children.
func (w *rewriter) rebuilt(c arrow.Array, children []arrow.ArrayData, buffers []*memory.Buffer, offset int) arrow.Array {
	data := array.NewData(c.DataType(), c.Len(), buffers, children, c.NullN(), offset)
	defer data.Release()
	return array.MakeFromData(data)
}

// values makes null of the numbers, times and the like that are what is to be hidden.
func (w *rewriter) values(c arrow.Array, rows []int32) arrow.Array {
	var hidden []int
	for row, valid := range pipeline.EachRow(c, rows) {
		if valid && w.find.look(c.ValueStr(row)) {
			hidden = append(hidden, row)
		}
	}
	if len(hidden) == 0 {
		c.Retain()
		return c
	}
	offset := c.Data().Offset()
	bits := memory.NewResizableBuffer(w.alloc)
	defer bits.Release()
	bits.Resize(int(bitutil.BytesForBits(int64(offset + c.Len()))))
	clear(bits.Bytes())
	nulls := 0
	next := 0
	for row := range c.Len() {
		if next < len(hidden) && hidden[next] == row {
			next++
		} else if c.IsValid(row) {
			bitutil.SetBit(bits.Bytes(), offset+row)
			continue
		}
		nulls++
	}
	buffers := append([]*memory.Buffer{bits}, c.Data().Buffers()[1:]...)
	data := array.NewData(c.DataType(), c.Len(), buffers, c.Data().Children(), nulls, offset)
	defer data.Release()
	return array.MakeFromData(data)
}

// entities moves the entities of texts to where they stand in the redacted ones.
func (w *rewriter) entities(texts arrow.Array, column *array.List) arrow.Array {
	return pipeline.MoveEntities(w.alloc, column, w.rows, w.mover(texts))
}

// explanations moves the words of explanations, but for those that are hidden.
func (w *rewriter) explanations(texts arrow.Array, column *array.List) arrow.Array {
	return pipeline.MoveExplanations(w.alloc, column, w.rows, w.mover(texts))
}

// mover says where a part of a row's text stands in the redacted one. Rows come in order.
func (w *rewriter) mover(texts arrow.Array) func(row, start, end int) pipeline.MovedEntity {
	last := -1
	var moved place
	return func(row, start, end int) pipeline.MovedEntity {
		if row != last {
			moved.of(w.find, pipeline.TextAt(texts, row))
			last = row
		}
		return moved.entity(start, end)
	}
}

// place says where the code points of a text stand after it was redacted.
type place struct {
	text  []rune // redacted
	spans []shift
}

// shift is a hidden span, before and after, in code points.
type shift struct{ start, end, newStart, newEnd int }

func (p *place) of(h *hider, text string) {
	p.spans = p.spans[:0]
	h.look(text)
	var out []byte
	at, points, newPoints := 0, 0, 0
	for _, s := range h.found {
		n := utf8.RuneCountInString(text[at:s.Start])
		out = append(out, text[at:s.Start]...)
		mark := len(out)
		out = h.mark(out, s, text)
		old, fresh := utf8.RuneCountInString(text[s.Start:s.End]), utf8.RuneCount(out[mark:])
		points, newPoints = points+n, newPoints+n
		p.spans = append(p.spans, shift{points, points + old, newPoints, newPoints + fresh})
		points, newPoints, at = points+old, newPoints+fresh, int(s.End)
	}
	p.text = []rune(string(append(out, text[at:]...)))
}

// entity is an entity whose text may have become a mark, or has one in it.
func (p *place) entity(start, end int) pipeline.MovedEntity {
	m := pipeline.MovedEntity{Start: start, End: end}
	for _, s := range p.spans {
		if s.start < end && start < s.end {
			m.Hidden = true
		}
		switch {
		case start >= s.end:
			m.Start = start + s.newEnd - s.end
		case start >= s.start:
			m.Start = s.newStart
		}
		switch {
		case end >= s.end:
			m.End = end + s.newEnd - s.end
		case end > s.start:
			m.End = s.newEnd
		}
	}
	m.Text = string(p.text[m.Start:m.End])
	return m
}
