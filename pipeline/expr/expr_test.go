package expr

import (
	"context"
	"fmt"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

var ctx = context.Background()

var dictionaryOfText = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}

// records are rows of values by column, nil for null.
type records struct {
	fields []arrow.Field
	rows   [][]any
}

func field(name string, t arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: t, Nullable: true}
}

func jsonField(name string) arrow.Field { return unknownField(name) }

// sample is what most tests run over.
func sample() records {
	return records{
		fields: []arrow.Field{
			field("subject", arrow.BinaryTypes.String), field("body", arrow.BinaryTypes.String), field("lang", dictionaryOfText),
			field("stars", arrow.PrimitiveTypes.Int64), field("score", arrow.PrimitiveTypes.Float64), field("paid", arrow.FixedWidthTypes.Boolean),
			field("Review Text", arrow.BinaryTypes.String), field("label", arrow.BinaryTypes.String),
		},
		rows: [][]any{
			{"a", "b", "en", 1, 0.5, true, "r0", "bug"},
			{"", "b", "de", 5, 1.5, false, "r1", nil},
			{"c", nil, "en", nil, nil, nil, "r2", "other"},
			{nil, "d", nil, 3, -1.0, true, nil, "bug"},
			{"e", "f", "fr", 4, 2.0, false, "r4", ""},
		},
	}
}

func (r records) layout() *pipeline.Layout {
	return &pipeline.Layout{Format: "csv", Schema: arrow.NewSchema(r.fields, nil)}
}

// batch builds the rows. The caller releases Record.
func (r records) batch(alloc memory.Allocator) *pipeline.Batch {
	fields := append([]arrow.Field{{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64}}, r.fields...)
	b := array.NewRecordBuilder(alloc, arrow.NewSchema(fields, nil))
	defer b.Release()
	for i, row := range r.rows {
		b.Field(0).(*array.Int64Builder).Append(int64(10 + i))
		for j, v := range row {
			appendValue(b.Field(j+1), v)
		}
	}
	return &pipeline.Batch{Split: &pipeline.Split{File: "in.csv"}, Record: b.NewRecordBatch()}
}

func appendValue(b array.Builder, v any) {
	switch b := b.(type) {
	case *array.BinaryDictionaryBuilder:
		if v == nil {
			b.AppendNull()
		} else if err := b.AppendString(v.(string)); err != nil {
			panic(err)
		}
	default:
		if v == nil {
			b.AppendNull()
		} else if err := b.AppendValueFromString(fmt.Sprint(v)); err != nil {
			panic(err)
		}
	}
}

// checked returns an allocator that must be empty when the test ends.
func checked(t testing.TB) memory.Allocator {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { alloc.AssertSize(t.(*testing.T), 0) })
	return alloc
}

// outcome is what became of a batch's rows: "live", "dropped", or the code and field of the fault.
func outcome(b *pipeline.Batch) []string {
	out := make([]string, b.Len())
	for i := range out {
		out[i] = "live"
		if !b.Live(i) {
			out[i] = "dropped"
		}
	}
	for _, f := range b.Faults {
		out[f.Row] = f.Err.Code.ID
		if f.Err.Where.Field != "" {
			out[f.Row] += " " + f.Err.Where.Field
		}
	}
	return out
}

// values is a column of text as strings, with "∅" for null.
func values(col arrow.Array) []string {
	out := make([]string, col.Len())
	for i := range out {
		out[i] = "∅"
		if !col.IsNull(i) {
			out[i] = col.ValueStr(i)
		}
	}
	return out
}

func code(text string) Code {
	return Code{Text: text, At: fault.Where{File: "spec.yaml", Line: 3, Column: 7}}
}
