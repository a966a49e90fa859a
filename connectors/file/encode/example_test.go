package encode_test

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/file/encode"
	"github.com/winnow-stream/winnow/pipeline"
)

// Rows of a source without bytes of single records become JSON objects.
func ExampleEncoder_Append() {
	schema := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}}, nil)
	ids := array.NewInt64Builder(memory.DefaultAllocator)
	defer ids.Release()
	ids.AppendValues([]int64{7, 8}, nil)
	column := ids.NewArray()
	defer column.Release()
	record := array.NewRecordBatch(schema, []arrow.Array{column}, 2)
	defer record.Release()

	e := encode.New(&pipeline.Layout{Schema: schema}, nil, encode.Options{Format: encode.JSONL})
	out, faults, err := e.Append(nil, &pipeline.Batch{Record: record})
	fmt.Printf("%s%d %v\n", out, len(faults), err)
	// Output:
	// {"id":7}
	// {"id":8}
	// 0 <nil>
}
