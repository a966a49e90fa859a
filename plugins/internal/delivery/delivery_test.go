package delivery_test

import (
	"bytes"
	"fmt"
	"strconv"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/plugins/internal/delivery"
	"github.com/winnow-stream/winnow/plugins/internal/frame"
)

var (
	dictionary = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	result     = arrow.NewSchema([]arrow.Field{{Name: "label", Type: dictionary, Nullable: true}}, nil)
	layout     = &pipeline.Layout{
		Raw: pipeline.RawJSON, Open: true,
		Schema: arrow.NewSchema([]arrow.Field{
			{Name: "text", Type: arrow.BinaryTypes.String}, {Name: "tags", Type: arrow.ListOf(arrow.PrimitiveTypes.Int64)},
		}, nil),
	}
)

// batch is a batch of six rows, whose texts are a dictionary where dict, and which has no _extra.
func batch(alloc memory.Allocator, dict bool) *pipeline.Batch {
	var text arrow.DataType = arrow.BinaryTypes.String
	if dict {
		text = dictionary
	}
	in := array.NewRecordBuilder(alloc, arrow.NewSchema([]arrow.Field{
		{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64},
		{Name: "tags", Type: arrow.ListOf(arrow.PrimitiveTypes.Int64)},
		{Name: "text", Type: text},
		{Name: pipeline.ColRaw, Type: arrow.BinaryTypes.Binary},
	}, nil))
	defer in.Release()
	out := array.NewRecordBuilder(alloc, result)
	defer out.Release()
	for i := range int64(6) {
		in.Field(0).(*array.Int64Builder).Append(100 + i)
		in.Field(1).(*array.ListBuilder).Append(true)
		in.Field(1).(*array.ListBuilder).ValueBuilder().(*array.Int64Builder).Append(i)
		switch b := in.Field(2).(type) {
		case *array.StringBuilder:
			b.Append(fmt.Sprint("text ", i))
		case *array.BinaryDictionaryBuilder:
			_ = b.AppendString(fmt.Sprint("text ", i)) // short strings fit
		}
		in.Field(3).(*array.BinaryBuilder).Append([]byte("{}"))
		_ = out.Field(0).(*array.BinaryDictionaryBuilder).AppendString([]string{"bug", "praise"}[i%2])
	}
	return &pipeline.Batch{Record: in.NewRecordBatch(), Result: out.NewRecordBatch()}
}

const null = array.NullValueStr

// TestCrosses sends the chosen rows of batches whose columns come in different forms, through one stream.
func TestCrosses(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	schema, results := delivery.Schema(layout, result, delivery.Wants{Raw: true, Meta: true})
	out := frame.NewEncoder(schema, alloc, nil)
	defer out.Close()
	in := frame.NewDecoder(schema, alloc)
	defer in.Close()
	for _, dict := range []bool{false, true, false} {
		for _, rows := range [][]int32{nil, {0}, {1, 2, 5}, {0, 1, 2, 3, 4, 5}} {
			b := batch(alloc, dict)
			b.Rows = rows
			record, err := delivery.Batch(b, schema, results, alloc)
			if err != nil {
				t.Fatal(err)
			}
			message, _, err := out.Encode(record)
			if err != nil {
				t.Fatal(err)
			}
			got, err := in.Decode(bytes.Clone(message)) // another process has its own copy
			if err != nil {
				t.Fatal(err)
			}
			if rows == nil {
				rows = []int32{0, 1, 2, 3, 4, 5}
			}
			var want, have [][]string
			for i, row := range rows {
				want = append(want, []string{
					strconv.Itoa(int(100 + row)), "e30=", null, null, null, fmt.Sprint("text ", row), fmt.Sprintf("[%d]", row), null,
					[]string{"bug", "praise"}[row%2],
				})
				var line []string
				for _, c := range got.Columns() {
					line = append(line, c.ValueStr(i))
				}
				have = append(have, line)
			}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("dictionary %v, rows %v:\n%s", dict, rows, diff)
			}
			record.Release()
			b.Record.Release()
			b.Result.Release()
		}
	}
}

// A schema says of the layout what a sink has to know.
func Example() {
	schema, results := delivery.Schema(layout, result, delivery.Wants{Raw: true})
	in, result, err := delivery.Split(schema, results, layout.Raw)
	fmt.Println(in.Names(), in.Open, in.Raw == pipeline.RawJSON, result.Field(0).Name, err)
	_, _, err = delivery.Split(schema, 99, layout.Raw)
	fmt.Println(err)
	// Output:
	// [text tags] true true label <nil>
	// 99 of 6 columns are results
}

// TestOtherType refuses a column that is not what was announced.
func TestOtherType(t *testing.T) {
	b := batch(memory.DefaultAllocator, false)
	schema, results := delivery.Schema(&pipeline.Layout{Schema: arrow.NewSchema([]arrow.Field{{Name: "text", Type: arrow.PrimitiveTypes.Int64}}, nil)}, nil, delivery.Wants{})
	if _, err := delivery.Batch(b, schema, results, memory.DefaultAllocator); err == nil || err.Error() != "the column text is utf8, and should be int64" {
		t.Errorf("got %v", err)
	}
}
