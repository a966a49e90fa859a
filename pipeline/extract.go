package pipeline

import (
	"context"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// ResEntities is the column that extraction appends, before prefixes: list<struct<type: dictionary, text: utf8, start:
// int32, end: int32, confidence: float32>>, of an extractor with ids also id: utf8. Start and end count code points of the
// text. It is null where a row has no text.
const ResEntities = "entities"

// Fields of an entity's struct, in their order.
const (
	EntityType = iota
	EntityText
	EntityStart
	EntityEnd
	EntityConfidence
	EntityID // only where the extractor has ids
)

// entityColumns makes the column of entities. It is immutable and safe for concurrent use.
type entityColumns struct {
	types arrow.Array // dictionary of the types
	item  *arrow.StructType
	ids   bool
}

func newEntityColumns(about classify.ExtractorInfo) *entityColumns {
	fields := []arrow.Field{
		{Name: "type", Type: dictType},
		{Name: "text", Type: arrow.BinaryTypes.String},
		{Name: "start", Type: arrow.PrimitiveTypes.Int32},
		{Name: "end", Type: arrow.PrimitiveTypes.Int32},
		{Name: "confidence", Type: arrow.PrimitiveTypes.Float32},
	}
	if about.IDs {
		fields = append(fields, arrow.Field{Name: "id", Type: arrow.BinaryTypes.String, Nullable: true})
	}
	return &entityColumns{types: stringArray(about.Types...), item: arrow.StructOf(fields...), ids: about.IDs}
}

func (c *entityColumns) field(name string) arrow.Field {
	return arrow.Field{Name: name, Type: arrow.ListOf(c.item), Nullable: true}
}

// finder runs the extractor over a batch's _text column and adds its column to the results. Safe for concurrent use.
type finder struct {
	extractor classify.Extractor
	columns   *entityColumns
	name      string
	alloc     memory.Allocator
	retry     func(ctx context.Context, op string, f func() error) error
	scratch   sync.Pool // *classify.Entities
}

func newFinder(x classify.Extractor, name string, alloc memory.Allocator, retry func(context.Context, string, func() error) error) *finder {
	return &finder{
		extractor: x, columns: newEntityColumns(x.About()), name: name, alloc: alloc, retry: retry,
		scratch: sync.Pool{New: func() any { return new(classify.Entities) }},
	}
}

// newFinder returns nil without an extractor.
func (p *Pipeline) newFinder(x classify.Extractor) *finder {
	if x == nil {
		return nil
	}
	return newFinder(x, p.plan.names[ResEntities], p.cfg.Alloc, p.retry)
}

// fitsEntities refuses a change of the column that sinks were opened for.
func (p *Pipeline) fitsEntities(c Change) error {
	switch {
	case (c.Extractor == nil) != (p.cfg.Extractor == nil):
		return fault.New(fault.ReloadRefused, "the column %q would come or go", ResEntities)
	case c.Extractor != nil && c.Extractor.About().IDs != p.cfg.Extractor.About().IDs:
		return fault.New(fault.ReloadRefused, "the ids in the column %q would come or go", ResEntities)
	}
	return nil
}

// process appends the entities of a batch's texts to Result. Rows that the extractor can't look through are killed. A
// text of a dictionary is looked through once.
func (f *finder) process(ctx context.Context, b *Batch, t *batchTally) error {
	found := f.scratch.Get().(*classify.Entities)
	defer f.scratch.Put(found)
	texts, index := textValues(b.Column(ColText))
	if texts == nil {
		return fault.New(fault.Internal, "no text column to find entities in")
	}
	if err := f.call(ctx, texts, found); err != nil {
		return err
	}
	failed := make(map[int]error, len(found.Failures))
	for _, e := range found.Failures {
		failed[e.Row] = e.Err
	}
	column := f.columns.build(f.alloc, texts, index, b.Len(), found)
	defer column.Release()
	for row := range b.Len() {
		if v, ok := valueOf(texts, index, row); ok && failed[v] != nil {
			b.Kill(row, rowFault(fault.EntitiesFailed, failed[v]))
		}
	}
	t.addEntities(b, texts, index, found)
	b.addResult(f.columns.field(f.name), column)
	return nil
}

// call makes one call, with retries, and holds the extractor to its contract.
func (f *finder) call(ctx context.Context, texts *array.String, out *classify.Entities) error {
	err := f.retry(ctx, "extract", func() (err error) {
		defer recovered(&err, "the extractor")
		return f.extractor.Extract(ctx, texts, out)
	})
	if err != nil {
		return err
	}
	return f.check(texts, out)
}

func (f *finder) check(texts *array.String, out *classify.Entities) error {
	if out.Len() != texts.Len() {
		return fault.New(fault.EntitiesReply, "%d answers for %d texts", out.Len(), texts.Len())
	}
	var from int32
	for i, end := range out.Ends {
		if end < from || int(end) > len(out.Spans) || end > from && texts.IsNull(i) {
			return fault.New(fault.EntitiesReply, "a list [%d, %d) of %d spans", from, end, len(out.Spans))
		}
		var last int32
		for _, s := range out.Spans[from:end] {
			if s.Start < last || s.End <= s.Start || int(s.End) > len(texts.Value(i)) || s.Type < 0 || int(s.Type) >= f.columns.types.Len() ||
				!(s.Confidence >= 0 && s.Confidence <= 1) {
				return fault.New(fault.EntitiesReply, "a span [%d, %d) of type %d, confidence %v, in a text of %d bytes",
					s.Start, s.End, s.Type, s.Confidence, len(texts.Value(i)))
			}
			last = s.End
		}
		from = end
	}
	return nil
}

// textValues are a text column's values: its rows, or those of its dictionary with the rows' indexes.
func textValues(col arrow.Array) (values *array.String, index *array.Dictionary) {
	switch c := col.(type) {
	case *array.String:
		return c, nil
	case *array.Dictionary:
		values, _ = c.Dictionary().(*array.String)
		return values, c
	default:
		return nil, nil
	}
}

// valueOf is the index of a row's value; false where it has none.
func valueOf(values *array.String, index *array.Dictionary, row int) (int, bool) {
	if index == nil {
		return row, values.IsValid(row)
	}
	if index.IsNull(row) {
		return 0, false
	}
	v := index.GetValueIndex(row)
	return v, values.IsValid(v)
}

// build makes the column. Offsets become those of code points.
func (c *entityColumns) build(alloc memory.Allocator, texts *array.String, index *array.Dictionary, rows int, found *classify.Entities) arrow.Array {
	b := newEntityBuilder(alloc, c)
	defer b.release()
	for row := range rows {
		v, ok := valueOf(texts, index, row)
		if !ok {
			b.null()
			continue
		}
		b.row()
		spans := found.Row(v)
		if len(spans) == 0 {
			continue
		}
		text := texts.Value(v)
		at, points := 0, 0
		for _, s := range spans {
			points += utf8.RuneCountInString(text[at:s.Start])
			start := points
			points += utf8.RuneCountInString(text[s.Start:s.End])
			at = int(s.End)
			b.append(s, text[s.Start:s.End], start, points)
		}
	}
	return b.array()
}

// entityBuilder builds the column. The type of the list is the columns', its dictionary too.
type entityBuilder struct {
	columns    *entityColumns
	alloc      memory.Allocator
	ends       *array.Int32Builder
	valid      *array.BooleanBuilder
	types      *array.Int32Builder
	texts      *array.StringBuilder
	starts     *array.Int32Builder
	stops      *array.Int32Builder
	confidence *array.Float32Builder
	ids        *array.StringBuilder
}

func newEntityBuilder(alloc memory.Allocator, c *entityColumns) *entityBuilder {
	b := &entityBuilder{
		columns: c, alloc: alloc, ends: array.NewInt32Builder(alloc), valid: array.NewBooleanBuilder(alloc),
		types: array.NewInt32Builder(alloc), texts: array.NewStringBuilder(alloc), starts: array.NewInt32Builder(alloc),
		stops: array.NewInt32Builder(alloc), confidence: array.NewFloat32Builder(alloc), ids: array.NewStringBuilder(alloc),
	}
	return b
}

func (b *entityBuilder) release() {
	for _, r := range []interface{ Release() }{b.ends, b.valid, b.types, b.texts, b.starts, b.stops, b.confidence, b.ids} {
		r.Release()
	}
}

func (b *entityBuilder) row() {
	b.ends.Append(int32(b.types.Len()))
	b.valid.Append(true)
}

func (b *entityBuilder) null() {
	b.ends.Append(int32(b.types.Len()))
	b.valid.Append(false)
}

func (b *entityBuilder) append(s classify.Span, text string, start, end int) {
	b.types.Append(s.Type)
	b.texts.Append(text)
	b.starts.Append(int32(start))
	b.stops.Append(int32(end))
	b.confidence.Append(classify.RoundConfidence(float64(s.Confidence)))
	switch {
	case !b.columns.ids:
	case s.ID == "":
		b.ids.AppendNull()
	default:
		b.ids.Append(s.ID)
	}
}

// array ends the column. The caller releases it.
func (b *entityBuilder) array() arrow.Array {
	b.ends.Append(int32(b.types.Len()))
	n := b.valid.Len()
	var parts []arrow.Array
	types := b.types.NewArray()
	defer types.Release()
	parts = append(parts, dictFromBuffer(types.Data().Buffers()[1], types.Len(), nil, 0, b.columns.types),
		b.texts.NewArray(), b.starts.NewArray(), b.stops.NewArray(), b.confidence.NewArray())
	if b.columns.ids {
		parts = append(parts, b.ids.NewArray())
	}
	children := make([]arrow.ArrayData, len(parts))
	for i, p := range parts {
		defer p.Release()
		children[i] = p.Data()
	}
	ends, valid := b.ends.NewArray(), b.valid.NewArray()
	defer ends.Release()
	defer valid.Release()
	item := array.NewData(b.columns.item, types.Len(), []*memory.Buffer{nil}, children, 0, 0)
	defer item.Release()
	nulls := 0
	for i := range n {
		if !valid.(*array.Boolean).Value(i) {
			nulls++
		}
	}
	list := array.NewData(arrow.ListOf(b.columns.item), n,
		[]*memory.Buffer{valid.Data().Buffers()[1], ends.Data().Buffers()[1]}, []arrow.ArrayData{item}, nulls, 0)
	defer list.Release()
	return array.NewListData(list)
}

// addResult appends a column to the results.
func (b *Batch) addResult(f arrow.Field, column arrow.Array) {
	var fields []arrow.Field
	var columns []arrow.Array
	if b.Result != nil {
		fields, columns = b.Result.Schema().Fields(), b.Result.Columns()
		defer b.Result.Release()
	}
	schema := arrow.NewSchema(append(slices.Clip(fields), f), nil)
	b.Result = array.NewRecordBatch(schema, append(slices.Clip(columns), column), int64(b.Len()))
}

// IsEntities reports whether a result column of this type is that of entities.
func IsEntities(t arrow.DataType) bool {
	list, ok := t.(*arrow.ListType)
	if !ok {
		return false
	}
	item, ok := list.Elem().(*arrow.StructType)
	return ok && item.NumFields() > EntityConfidence && item.Field(EntityType).Name == "type" && item.Field(EntityStart).Name == "start"
}
