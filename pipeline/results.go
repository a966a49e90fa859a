package pipeline

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/classify"
)

// The columns that classification appends, before prefixes.
const (
	ResLabel      = "label"      // dictionary<int32, utf8>
	ResConfidence = "confidence" // float32, null where the label is
	ResLabels     = "labels"     // list<struct<label: dictionary, confidence: float32>>; multi mode and top-k only
	ResTokens     = "tokens"     // int32
	ResClassifier = "classifier" // dictionary<int32, utf8>: which model said so
)

// resultColumns makes Batch.Result out of a classifier's answers. It is immutable and safe for concurrent use.
type resultColumns struct {
	schema     *arrow.Schema
	lists      bool
	labels     arrow.Array // dictionary of the labels
	version    arrow.Array // dictionary of one: the classifier's version
	labelCount int
}

var (
	dictType  = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	scoreType = arrow.StructOf(
		arrow.Field{Name: ResLabel, Type: dictType},
		arrow.Field{Name: ResConfidence, Type: arrow.PrimitiveTypes.Float32},
	)
)

// newResultColumns builds the schema and dictionaries for a classifier. names maps result columns to their final names.
func newResultColumns(info classify.Info, lists bool, names map[string]string) *resultColumns {
	c := &resultColumns{
		lists:      lists,
		labels:     stringArray(info.Labels...),
		version:    stringArray(info.Version),
		labelCount: len(info.Labels),
	}
	fields := []arrow.Field{
		{Name: names[ResLabel], Type: dictType, Nullable: true},
		{Name: names[ResConfidence], Type: arrow.PrimitiveTypes.Float32, Nullable: true},
	}
	if lists {
		fields = append(fields, arrow.Field{Name: names[ResLabels], Type: arrow.ListOf(scoreType), Nullable: true})
	}
	fields = append(fields,
		arrow.Field{Name: names[ResTokens], Type: arrow.PrimitiveTypes.Int32},
		arrow.Field{Name: names[ResClassifier], Type: dictType},
	)
	c.schema = arrow.NewSchema(fields, nil)
	return c
}

// record returns the answers as columns. The caller releases it; it holds copies of what res holds.
func (c *resultColumns) record(alloc memory.Allocator, res *classify.Results) arrow.RecordBatch {
	n := res.Len()
	valid, nulls := c.validity(alloc, res)
	columns := []arrow.Array{
		dictArray(alloc, res.Label, valid, nulls, c.labels),
		primitive(alloc, arrow.PrimitiveTypes.Float32, arrow.Float32Traits.CastToBytes(res.Confidence), n, valid, nulls),
	}
	if c.lists {
		columns = append(columns, c.listArray(alloc, res))
	}
	columns = append(columns,
		primitive(alloc, arrow.PrimitiveTypes.Int32, arrow.Int32Traits.CastToBytes(res.Tokens), n, nil, 0),
		c.versions(alloc, n),
	)
	if valid != nil {
		valid.Release()
	}
	rec := array.NewRecordBatch(c.schema, columns, int64(n))
	for _, col := range columns {
		col.Release()
	}
	return rec
}

// validity is the bitmap of rows with a label; nil where all have one.
func (c *resultColumns) validity(alloc memory.Allocator, res *classify.Results) (*memory.Buffer, int) {
	nulls := 0
	for _, l := range res.Label {
		if l < 0 {
			nulls++
		}
	}
	if nulls == 0 {
		return nil, 0
	}
	buf := memory.NewResizableBuffer(alloc)
	buf.Resize((res.Len() + 7) / 8)
	bits := buf.Bytes()
	clear(bits)
	for i, l := range res.Label {
		if l >= 0 {
			bits[i>>3] |= 1 << (i & 7)
		}
	}
	return buf, nulls
}

func (c *resultColumns) versions(alloc memory.Allocator, n int) arrow.Array {
	zero := memory.NewResizableBuffer(alloc)
	zero.Resize(n * arrow.Int32SizeBytes)
	clear(zero.Bytes())
	defer zero.Release()
	return dictFromBuffer(zero, n, nil, 0, c.version)
}

func (c *resultColumns) listArray(alloc memory.Allocator, res *classify.Results) arrow.Array {
	n, m := res.Len(), len(res.Scores)
	offsets := memory.NewResizableBuffer(alloc)
	offsets.Resize((n + 1) * arrow.Int32SizeBytes)
	ends := arrow.Int32Traits.CastFromBytes(offsets.Bytes())
	ends[0] = 0
	if len(res.Ends) == n {
		copy(ends[1:], res.Ends)
	} else {
		clear(ends)
	}
	labels, confidences := memory.NewResizableBuffer(alloc), memory.NewResizableBuffer(alloc)
	labels.Resize(m * arrow.Int32SizeBytes)
	confidences.Resize(m * arrow.Float32SizeBytes)
	l, f := arrow.Int32Traits.CastFromBytes(labels.Bytes()), arrow.Float32Traits.CastFromBytes(confidences.Bytes())
	for i, s := range res.Scores {
		l[i], f[i] = s.Label, s.Confidence
	}
	labelCol := dictFromBuffer(labels, m, nil, 0, c.labels)
	confData := array.NewData(arrow.PrimitiveTypes.Float32, m, []*memory.Buffer{nil, confidences}, nil, 0, 0)
	structData := array.NewData(scoreType, m, []*memory.Buffer{nil}, []arrow.ArrayData{labelCol.Data(), confData}, 0, 0)
	listData := array.NewData(arrow.ListOf(scoreType), n, []*memory.Buffer{nil, offsets}, []arrow.ArrayData{structData}, 0, 0)
	list := array.NewListData(listData)
	for _, r := range []interface{ Release() }{offsets, labels, confidences, labelCol, confData, structData, listData} {
		r.Release()
	}
	return list
}

// dictArray copies indexes (-1 is null) into a dictionary array.
func dictArray(alloc memory.Allocator, index []int32, valid *memory.Buffer, nulls int, dict arrow.Array) arrow.Array {
	buf := memory.NewResizableBuffer(alloc)
	buf.Resize(len(index) * arrow.Int32SizeBytes)
	dst := arrow.Int32Traits.CastFromBytes(buf.Bytes())
	for i, v := range index {
		dst[i] = max(v, 0)
	}
	defer buf.Release()
	return dictFromBuffer(buf, len(index), valid, nulls, dict)
}

func dictFromBuffer(buf *memory.Buffer, n int, valid *memory.Buffer, nulls int, dict arrow.Array) arrow.Array {
	data := array.NewDataWithDictionary(dictType, n, []*memory.Buffer{valid, buf}, nulls, 0, dict.Data().(*array.Data))
	defer data.Release()
	return array.NewDictionaryData(data)
}

// primitive copies fixed-width values into an array.
func primitive(alloc memory.Allocator, t arrow.DataType, values []byte, n int, valid *memory.Buffer, nulls int) arrow.Array {
	buf := memory.NewResizableBuffer(alloc)
	buf.Resize(len(values))
	copy(buf.Bytes(), values)
	defer buf.Release()
	data := array.NewData(t, n, []*memory.Buffer{valid, buf}, nil, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data)
}

// stringArray lives on the Go heap and is never released: dictionaries outlast every batch.
func stringArray(values ...string) arrow.Array {
	b := array.NewStringBuilder(memory.NewGoAllocator())
	defer b.Release()
	for _, v := range values {
		b.Append(v)
	}
	return b.NewArray()
}

// expand gives each row its own copy of its dictionary value. The caller releases the result.
func expand(text *array.Dictionary, values *array.String) *array.String {
	b := array.NewStringBuilder(memory.NewGoAllocator())
	defer b.Release()
	for row := range text.Len() {
		if text.IsNull(row) {
			b.AppendNull()
		} else {
			b.Append(values.Value(text.GetValueIndex(row)))
		}
	}
	return b.NewStringArray()
}
