package file_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/pipeline"
)

// A source is looked at, opened, and read batch by batch; Decode fills in the columns that were asked for.
func ExampleSourceConfig() {
	cfg := file.SourceConfig{Path: "-", Stdin: strings.NewReader("id,text\n1,it crashes\n2,\"thanks, all good\"\n")}
	src, err := cfg.NewSource(pipeline.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := printTexts(context.Background(), src); err != nil {
		fmt.Println(err)
	}
	// Output:
	// csv with the columns [id text]
	// line 2: it crashes
	// line 3: thanks, all good
}

func printTexts(ctx context.Context, src pipeline.Source) error {
	layout, err := src.Layout(ctx)
	if err != nil {
		return err
	}
	fmt.Println(layout.Format, "with the columns", layout.Names())
	splits, err := src.Splits(ctx)
	if err != nil {
		return err
	}
	text, err := layout.Field("text")
	if err != nil {
		return err
	}
	want := pipeline.Projection{Columns: layout.Schema.Fields(), Rows: 8192, Bytes: 4 << 20, Alloc: memory.DefaultAllocator}
	r, err := src.Open(ctx, splits[0], pipeline.Position{Offset: splits[0].Start, Byte: -1}, want)
	if err != nil {
		return err
	}
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return r.Close()
		}
		if err != nil {
			return errors.Join(err, r.Close())
		}
		if err := src.(pipeline.Decoder).Decode(ctx, b, want); err != nil {
			return errors.Join(err, r.Close())
		}
		texts := b.Column(text.Name).(*array.String)
		for i, offset := range b.Offsets() {
			fmt.Printf("line %d: %s\n", offset+1, texts.Value(i))
		}
		b.Record.Release()
	}
}
