package jsonl_test

import (
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/connectors/codec/jsonl"
	"github.com/winnow-stream/winnow/pipeline"
)

func text(name string) arrow.Field { return arrow.Field{Name: name, Type: arrow.BinaryTypes.String} }

func jsonText(name string) arrow.Field {
	return arrow.Field{Name: name, Type: arrow.BinaryTypes.String, Metadata: pipeline.JSONText}
}

func typed(name string, t arrow.DataType) arrow.Field { return arrow.Field{Name: name, Type: t} }

// cut makes the batch that a reader would cut lines into.
func cut(alloc memory.Allocator, lines string) *pipeline.Batch {
	offsets := array.NewInt64Builder(alloc)
	raws := array.NewBinaryBuilder(alloc, arrow.BinaryTypes.Binary)
	defer offsets.Release()
	defer raws.Release()
	n := 0
	for line := range strings.Lines(lines) {
		offsets.Append(int64(n))
		raws.AppendString(line)
		n++
	}
	cols := []arrow.Array{offsets.NewArray(), raws.NewArray()}
	defer cols[0].Release()
	defer cols[1].Release()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64},
		{Name: pipeline.ColRaw, Type: arrow.BinaryTypes.Binary, Nullable: true},
	}, nil)
	return &pipeline.Batch{
		Split: &pipeline.Split{ID: "in.jsonl", File: "in.jsonl"}, Record: array.NewRecordBatch(schema, cols, int64(n)),
	}
}

// decode returns each column's values as the array prints them, and the faults.
func decode(t *testing.T, lines string, schema *arrow.Schema, want pipeline.Projection) (map[string]string, []string) {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer alloc.AssertSize(t, 0)
	plan, err := jsonl.NewPlan(want, schema)
	if err != nil {
		t.Fatal(err)
	}
	b := cut(alloc, lines)
	if err := plan.Decode(b, alloc); err != nil {
		t.Fatal(err)
	}
	defer b.Record.Release()
	cols := map[string]string{}
	for i, f := range b.Record.Schema().Fields() {
		cols[f.Name] = b.Record.Column(i).String()
	}
	var faults []string
	for _, f := range b.Faults {
		faults = append(faults, f.Err.Error())
	}
	return cols, faults
}

func TestDecode(t *testing.T) {
	known := arrow.NewSchema([]arrow.Field{text("text"), typed("n", arrow.PrimitiveTypes.Int64)}, nil)
	tests := []struct {
		name   string
		lines  string
		want   []arrow.Field
		cols   map[string]string
		faults []string
	}{
		{
			"text", "{\"text\":\"a\"}\n {\"id\": 7, \"text\" : \"b\\u00e9\\n\\ud83d\\ude00\"} \r\n{}\n{\"text\":null}",
			[]arrow.Field{text("text")},
			map[string]string{"text": `["a" "bé\n😀" (null) (null)]`},
			nil,
		},
		{
			"another type than the schema's", `{"text":7}`,
			[]arrow.Field{text("text")},
			map[string]string{"text": "[(null)]"},
			[]string{`in.jsonl:1 offset 0 field text: record.type: the value is a number where the column takes a string`},
		},
		{"text of a field that the schema does not know", `{"t":7}`, []arrow.Field{text("t")}, map[string]string{"t": "[(null)]"}, nil},
		{
			"path", `{"user":{"id":1,"comment":"hi"}}` + "\n" + `{"user":7}` + "\n" + `{"user":{"comment":{"a":1}}}`,
			[]arrow.Field{text("user.comment")},
			map[string]string{"user.comment": `["hi" (null) (null)]`},
			nil,
		},
		{
			"numbers", "{\"n\":1,\"f\":1,\"b\":true}\n{\"n\":-9223372036854775808,\"f\":1e3,\"b\":false}\n{\"n\":null}\n{\"n\":1.5}\n{\"f\":1e999}\n{\"b\":0}\n{\"n\":9223372036854775808}",
			[]arrow.Field{typed("n", arrow.PrimitiveTypes.Int64), typed("f", arrow.PrimitiveTypes.Float64), typed("b", arrow.FixedWidthTypes.Boolean)},
			map[string]string{
				"n": "[1 -9223372036854775808 (null) (null) (null) (null) (null)]",
				"f": "[1 1000 (null) (null) (null) (null) (null)]", "b": "[true false (null) (null) (null) (null) (null)]",
			},
			[]string{
				"in.jsonl:4 offset 3 field n: record.type: the value is a number with a fraction or exponent where the column takes an integer",
				"in.jsonl:7 offset 6 field n: record.type: the number does not fit into 64 bits",
				"in.jsonl:5 offset 4 field f: record.type: the number is too large for a float64",
				"in.jsonl:6 offset 5 field b: record.type: the value is a number where the column takes true or false",
			},
		},
		{
			"JSON text", `{"a":"x\n"}` + "\n" + `{"a":[1, 2]}` + "\n" + `{"a":null}` + "\n" + `{"a":-0.0}`,
			[]arrow.Field{jsonText("a")},
			map[string]string{"a": `["\"x\\n\"" "[1, 2]" (null) "-0.0"]`},
			nil,
		},
		{
			"lone surrogate", `{"text":"\ud83d"}`,
			[]arrow.Field{text("text")},
			map[string]string{"text": "[(null)]"},
			[]string{"in.jsonl:1 offset 0 field text: record.utf8: an escape is half of a surrogate pair, which is no character"},
		},
		{"escaped name", `{"t\u0065xt":"a"}`, []arrow.Field{text("text")}, map[string]string{"text": `["a"]`}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cols, faults := decode(t, tt.lines, known, pipeline.Projection{Columns: tt.want})
			delete(cols, pipeline.ColOffset)
			if d := cmp.Diff(tt.cols, cols); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(tt.faults, faults); d != "" {
				t.Error(d)
			}
		})
	}
}
