package delivery

import (
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/winnow-stream/winnow/pipeline"
)

// Wants are the runtime's columns that a sink asks for beside the records' own.
type Wants struct {
	Raw  bool // _raw
	Meta bool // _key, _time and _headers
}

// meta are the columns of what a message has beside its value.
var meta = []arrow.Field{
	{Name: pipeline.ColKey, Type: arrow.BinaryTypes.Binary, Nullable: true},
	{Name: pipeline.ColTime, Type: arrow.FixedWidthTypes.Timestamp_ms, Nullable: true},
	{Name: pipeline.ColHeaders, Nullable: true, Type: arrow.ListOf(arrow.StructOf(
		arrow.Field{Name: "key", Type: arrow.BinaryTypes.String},
		arrow.Field{Name: "value", Type: arrow.BinaryTypes.Binary, Nullable: true},
	))},
}

// Schema is that of the batches that a sink gets of a source with this layout. results is how many of its last columns are
// those of result, which is nil without a classifier.
func Schema(in *pipeline.Layout, result *arrow.Schema, w Wants) (schema *arrow.Schema, results int) {
	fields := []arrow.Field{{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64}}
	if w.Raw && in.Raw != pipeline.RawNone {
		fields = append(fields, arrow.Field{Name: pipeline.ColRaw, Type: arrow.BinaryTypes.Binary, Nullable: true})
	}
	if w.Meta {
		fields = append(fields, meta...)
	}
	for _, f := range in.Schema.Fields() {
		f.Nullable = true
		fields = append(fields, f)
	}
	if in.Open {
		fields = append(fields, arrow.Field{Name: pipeline.ColExtra, Type: arrow.BinaryTypes.String, Nullable: true})
	}
	if result != nil {
		results = result.NumFields()
		fields = append(fields, result.Fields()...)
	}
	return arrow.NewSchema(fields, nil), results
}

// Split is the reverse of Schema: what the schema of a sink's batches says of the layout, and the schema of the results, nil
// where there are none.
func Split(schema *arrow.Schema, results int, raw pipeline.RawFormat) (in *pipeline.Layout, result *arrow.Schema, err error) {
	fields := schema.Fields()
	switch {
	case results < 0 || results >= len(fields):
		return nil, nil, fmt.Errorf("%d of %d columns are results", results, len(fields))
	case fields[0].Name != pipeline.ColOffset || fields[0].Type.ID() != arrow.INT64:
		return nil, nil, errors.New("the first column is not the offset")
	}
	if results > 0 {
		result = arrow.NewSchema(fields[len(fields)-results:], nil)
	}
	in = &pipeline.Layout{Format: "plugin", Raw: raw, Replayable: true}
	var own []arrow.Field
	for _, f := range fields[1 : len(fields)-results] {
		switch {
		case f.Name == pipeline.ColExtra:
			in.Open = true
		case !strings.HasPrefix(f.Name, "_"):
			own = append(own, f)
		}
	}
	in.Schema = arrow.NewSchema(own, nil)
	return in, result, nil
}
