package table_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/plugins/internal/table"
)

// A table tells how far it has a split.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "table-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s := &table.Sink{Path: filepath.Join(dir, "table.db")}
	split := &pipeline.Split{ID: "in/0"}
	build := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}}, nil))
	build.Field(0).(*array.Int64Builder).AppendValues([]int64{1, 2}, nil)

	fmt.Println(s.Open(ctx, pipeline.SinkOpen{Scope: "shop/default"}))
	fmt.Println(s.Resume(ctx, split))
	fmt.Println(s.Write(ctx, &pipeline.Batch{Split: split, Record: build.NewRecordBatch()}))
	s.Cover([]*pipeline.Span{{Split: split, First: 0, Next: 2}})
	fmt.Println(s.Commit(ctx, nil))
	fmt.Println(s.Resume(ctx, split))
	fmt.Println(table.Lines(ctx, s.Path))
	fmt.Println(s.Close())
	// Output:
	// <nil>
	// -1 <nil>
	// <nil>
	// <nil>
	// 2 <nil>
	// [{"id":1}
	//  {"id":2}
	// ] <nil>
	// <nil>
}
