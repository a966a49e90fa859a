package kafka

import (
	"regexp"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/pipeline"
)

// Columns that tell of a message what is not in its value. They are hidden: whoever wants one asks for it by name.
const (
	colTopic     = "_topic"
	colPartition = "_partition"
	colValue     = "value" // of JSON messages: the whole object, as it came
)

// hiddenColumns are those of a format. A field of the value that is called value hides the column.
func hiddenColumns(format string) []arrow.Field {
	fields := []arrow.Field{
		{Name: colTopic, Type: arrow.BinaryTypes.String},
		{Name: colPartition, Type: arrow.PrimitiveTypes.Int32},
		{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64},
		{Name: pipeline.ColTime, Type: timeType},
		{Name: pipeline.ColKey, Type: arrow.BinaryTypes.Binary, Nullable: true},
	}
	if format == formatJSON {
		fields = append(fields, arrow.Field{Name: colValue, Type: arrow.BinaryTypes.String, Nullable: true, Metadata: pipeline.JSONText})
	}
	return fields
}

// StandardColumns are what a sink of columns gets when nobody says which fields messages have: the message's place, the
// text, where that is a field, and of JSON the whole value.
func (s *Source) StandardColumns(text string) []string {
	names := []string{colTopic, colPartition, pipeline.ColOffset, pipeline.ColTime, pipeline.ColKey}
	if fieldName.MatchString(text) {
		names = append(names, text)
		if !s.layout.Knows(text) { // it is a text, whatever else the messages hold
			s.layout.Hidden = append(s.layout.Hidden, arrow.Field{Name: text, Type: arrow.BinaryTypes.String, Nullable: true})
		}
	}
	if !s.decode.text {
		names = append(names, colValue)
	}
	return names
}

var fieldName = regexp.MustCompile(`^[\pL_][\pL\pN_.]*$`)

// Declare names fields of JSON messages with their types: they become the columns of sinks of columns. It reports
// whether that is possible: messages are JSON, and each field has one type.
func (s *Source) Declare(fields []arrow.Field) bool {
	if s.decode.text {
		return false
	}
	all := s.layout.Schema.Fields()
	for _, f := range fields {
		i := slices.IndexFunc(all, func(o arrow.Field) bool { return o.Name == f.Name })
		switch {
		case i < 0:
			all = append(all, f)
		case !all[i].Equal(f):
			return false
		}
	}
	fields = all
	layout := *s.layout
	layout.Schema = arrow.NewSchema(fields, nil)
	layout.Hidden = slices.DeleteFunc(slices.Clone(layout.Hidden), func(h arrow.Field) bool {
		return slices.ContainsFunc(fields, func(f arrow.Field) bool { return f.Name == h.Name })
	})
	s.layout, s.decode.layout = &layout, &layout
	return true
}

// split takes hidden columns, and the runtime's own, out of what is wanted: the codecs make the others.
func (d *decoder) split(want pipeline.Projection) (values pipeline.Projection, hidden []arrow.Field) {
	if !slices.ContainsFunc(want.Columns, d.isHidden) {
		return want, nil
	}
	values = want
	values.Columns = nil
	for _, f := range want.Columns {
		switch {
		case f.Name == pipeline.ColOffset:
		case d.isHidden(f):
			hidden = append(hidden, f)
		default:
			values.Columns = append(values.Columns, f)
		}
	}
	return values, hidden
}

func (d *decoder) isHidden(f arrow.Field) bool {
	return strings.HasPrefix(f.Name, "_") || f.Name == colValue && !d.text && !d.layout.Schema.HasField(colValue)
}

// wantsMeta reports whether a projection asks for what a message has beside its value, by name or as a whole.
func wantsMeta(want pipeline.Projection) bool {
	return want.Meta || want.Traces || slices.ContainsFunc(want.Columns, func(f arrow.Field) bool {
		return f.Name == pipeline.ColTime || f.Name == pipeline.ColKey
	})
}

// hiddenColumn makes a hidden column of a batch that the builder made. The caller releases it.
func hiddenColumn(f arrow.Field, b *pipeline.Batch, whole arrow.RecordBatch, alloc memory.Allocator) arrow.Array {
	topic, number, _ := splitID(b.Split.ID)
	rows := int(whole.NumRows())
	switch f.Name {
	case colTopic:
		c := array.NewStringBuilder(alloc)
		defer c.Release()
		c.Reserve(rows)
		for range rows {
			c.Append(topic)
		}
		return c.NewArray()
	case colPartition:
		c := array.NewInt32Builder(alloc)
		defer c.Release()
		c.Reserve(rows)
		for range rows {
			c.UnsafeAppend(number)
		}
		return c.NewArray()
	case colValue: // the same bytes: who made it a column of JSON has looked at them
		raw := whole.Column(1).Data()
		data := array.NewData(arrow.BinaryTypes.String, raw.Len(), raw.Buffers(), nil, raw.NullN(), raw.Offset())
		defer data.Release()
		return array.MakeFromData(data)
	default: // no record of the batch has it
		return array.MakeArrayOfNull(alloc, f.Type, rows)
	}
}
