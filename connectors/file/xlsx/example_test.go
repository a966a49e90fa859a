package xlsx_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/file/xlsx"
	"github.com/winnow-stream/winnow/pipeline"
)

// A workbook is made of a journal and read back.
func Example() {
	var file bytes.Buffer
	rows := strings.NewReader(`["it broke",0.93]` + "\n" + `["=thanks()",1]` + "\n")
	if err := xlsx.Write(&file, []string{"text", "confidence"}, rows); err != nil {
		fmt.Println(err)
		return
	}
	disk, path := put(file.Bytes())
	ctx := context.Background()
	layout, end, err := xlsx.Layout(ctx, disk, path, xlsx.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(layout.Names(), "up to row", end)
	split := &pipeline.Split{ID: path, File: path, End: end}
	want := pipeline.Projection{Columns: layout.Schema.Fields(), Rows: 100, Alloc: memory.DefaultAllocator}
	r, err := xlsx.Open(ctx, disk, split, pipeline.Position{Offset: 2, Byte: -1}, want, xlsx.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	b, err := r.Next(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Record.Release()
	fmt.Println(b.Offsets(), b.Column("text"))
	// Output:
	// [text confidence] up to row 3
	// [2] ["=thanks()"]
}
