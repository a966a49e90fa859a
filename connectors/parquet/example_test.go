package parquet_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/parquet"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
)

// write writes two rows to a file as the engine would: a batch, a commit, the seal.
func write(path string) error {
	ctx := context.Background()
	sink, err := parquet.SinkConfig{Path: path}.NewSink(pipeline.Env{FS: disk.OS{}})
	if err != nil {
		return err
	}
	layout := &pipeline.Layout{Schema: arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "text", Type: arrow.BinaryTypes.String},
	}, nil)}
	b := array.NewRecordBuilder(memory.DefaultAllocator, layout.Schema)
	b.Field(0).(*array.Int64Builder).AppendValues([]int64{1, 2}, nil)
	b.Field(1).(*array.StringBuilder).AppendValues([]string{"well done", "not again"}, nil)
	if err := sink.Open(ctx, pipeline.SinkOpen{Input: layout}); err != nil {
		return err
	}
	if err := sink.Write(ctx, &pipeline.Batch{Record: b.NewRecordBatch()}); err != nil {
		return err
	}
	receipt, err := sink.Prepare(ctx, 1)
	if err != nil {
		return err
	}
	return errors.Join(sink.Commit(ctx, receipt), sink.(pipeline.Sealer).Seal(ctx, receipt), sink.Close())
}

func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "in.parquet")
	if err := write(path); err != nil {
		panic(err)
	}
	ctx := context.Background()
	src, err := parquet.SourceConfig{Path: path}.NewSource(pipeline.Env{FS: disk.OS{}})
	if err != nil {
		panic(err)
	}
	if _, err := src.Layout(ctx); err != nil {
		panic(err)
	}
	splits, err := src.Splits(ctx)
	if err != nil {
		panic(err)
	}
	for _, s := range splits {
		want := pipeline.Projection{Columns: []arrow.Field{{Name: "text"}}, Alloc: memory.DefaultAllocator}
		r, err := src.Open(ctx, s, pipeline.Position{Offset: s.Start, Byte: -1}, want)
		if err != nil {
			panic(err)
		}
		for {
			b, err := r.Next(ctx)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				panic(err)
			}
			fmt.Println(b.Column("text"))
			b.Record.Release()
		}
		if err := r.Close(); err != nil {
			panic(err)
		}
	}
	// Output: ["well done" "not again"]
}
