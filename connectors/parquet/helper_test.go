package parquet

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	pqfile "github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/test/race"
)

var osEnv = pipeline.Env{FS: disk.OS{}}

// checked returns an allocator that fails the test for what is not released.
func checked(t testing.TB) *memory.CheckedAllocator {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { alloc.AssertSize(t, 0) })
	return alloc
}

// judge reads a whole file with pqarrow.
func judge(t testing.TB, path string) arrow.Table {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := pqfile.NewParquetReader(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("pqarrow can't open %s: %v", path, err)
	}
	pr, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	table, err := pr.ReadTable(context.Background())
	if err != nil {
		t.Fatalf("pqarrow can't read %s: %v", path, err)
	}
	t.Cleanup(table.Release)
	return table
}

// readAll reads every split of a source and returns the batches, which the caller releases.
func readAll(t testing.TB, src pipeline.Source, want pipeline.Projection) ([]*pipeline.Batch, error) {
	t.Helper()
	ctx := context.Background()
	layout, err := src.Layout(ctx)
	if err != nil {
		return nil, err
	}
	if want.Columns == nil {
		want.Columns = layout.Schema.Fields()
	}
	splits, err := src.Splits(ctx)
	if err != nil {
		return nil, err
	}
	var out []*pipeline.Batch
	for _, s := range splits {
		more, err := readSplit(t, src, s, pipeline.Position{Offset: s.Start, Byte: -1}, want)
		out = append(out, more...)
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

func readSplit(t testing.TB, src pipeline.Source, s *pipeline.Split, from pipeline.Position, want pipeline.Projection) (out []*pipeline.Batch, err error) {
	t.Helper()
	ctx := context.Background()
	r, err := src.Open(ctx, s, from, want)
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := r.Close(); e != nil {
			t.Error(e)
		}
	}()
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out = append(out, b)
	}
}

func release(batches []*pipeline.Batch) {
	for _, b := range batches {
		b.Record.Release()
	}
}

// plainColumn concatenates a column of the batches, with dictionaries written out.
func plainColumn(t testing.TB, batches []*pipeline.Batch, name string) arrow.Array {
	t.Helper()
	var parts []arrow.Array
	for _, b := range batches {
		c := b.Column(name)
		if c == nil {
			t.Fatalf("no column %q", name)
		}
		parts = append(parts, undictionary(c))
	}
	out, err := array.Concatenate(parts, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func undictionary(c arrow.Array) arrow.Array {
	d, ok := c.(*array.Dictionary)
	if !ok {
		return c
	}
	b := array.NewBuilder(memory.DefaultAllocator, d.DataType().(*arrow.DictionaryType).ValueType)
	for i := range d.Len() {
		switch {
		case d.IsNull(i):
			b.AppendNull()
		default:
			if err := b.AppendValueFromString(d.Dictionary().ValueStr(d.GetValueIndex(i))); err != nil {
				panic(err)
			}
		}
	}
	return b.NewArray()
}

// sameAsJudge compares what the source reads with what pqarrow reads.
func sameAsJudge(t testing.TB, path string, batches []*pipeline.Batch) {
	t.Helper()
	table := judge(t, path)
	for i, f := range table.Schema().Fields() {
		want, err := array.Concatenate(table.Column(i).Data().Chunks(), memory.DefaultAllocator)
		if err != nil {
			t.Fatal(err)
		}
		want = undictionary(want)
		got := plainColumn(t, batches, f.Name)
		sameArray(t, f.Name, got, want)
	}
}

func sameArray(t testing.TB, name string, got, want arrow.Array) {
	t.Helper()
	switch w := want.(type) {
	case array.ExtensionArray:
		want = w.Storage()
	case *array.Binary: // pqarrow has no texts for ENUM and JSON
		if got.DataType().ID() == arrow.STRING {
			d := w.Data()
			want = array.NewStringData(array.NewData(arrow.BinaryTypes.String, d.Len(), d.Buffers(), nil, d.NullN(), d.Offset()))
		}
	case *array.List: // pqarrow has elements of its own of a repeated field without annotation
		if g, ok := got.(*array.List); ok && got.DataType().(*arrow.ListType).ElemField().Nullable != w.DataType().(*arrow.ListType).ElemField().Nullable {
			got, want = g.ListValues(), w.ListValues()
		}
	}
	if !arrow.TypeEqual(got.DataType(), want.DataType()) {
		t.Errorf("%s: type %s, want %s", name, got.DataType(), want.DataType())
		return
	}
	if got.Len() != want.Len() {
		t.Errorf("%s: %d rows, want %d", name, got.Len(), want.Len())
		return
	}
	if array.Equal(got, want) {
		return
	}
	for i := range got.Len() {
		if g, w := got.ValueStr(i), want.ValueStr(i); g != w {
			t.Errorf("%s: row %d is %s, want %s", name, i, g, w)
			return
		}
	}
	if got.NullN() != want.NullN() {
		t.Errorf("%s: %d nulls, want %d", name, got.NullN(), want.NullN())
	}
}

// copyFile reads a source whole and writes it by a sink, in one commit.
func copyFile(t testing.TB, src pipeline.Source, cfg SinkConfig, want pipeline.Projection, commitEvery int) {
	t.Helper()
	ctx := context.Background()
	layout, err := src.Layout(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want.Columns = layout.Schema.Fields()
	batches, err := readAll(t, src, want)
	if err != nil {
		t.Fatal(err)
	}
	defer release(batches)
	sink := NewSink(cfg, osEnv)
	if err := sink.Open(ctx, pipeline.SinkOpen{Input: layout, Durable: true, RunID: "test"}); err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	var last pipeline.Receipt
	commit := func() {
		if last, err = sink.Prepare(ctx, 1); err != nil {
			t.Fatal(err)
		}
		if err := sink.Commit(ctx, last); err != nil {
			t.Fatal(err)
		}
	}
	for i, b := range batches {
		if err := sink.Encode(ctx, b); err != nil {
			t.Fatal(err)
		}
		if err := sink.Write(ctx, b); err != nil {
			t.Fatal(err)
		}
		if commitEvery > 0 && i%commitEvery == 0 {
			commit()
		}
	}
	commit()
	if err := sink.Seal(ctx, last); err != nil {
		t.Fatal(err)
	}
}

func tempPath(t testing.TB, name string) string { return filepath.Join(t.TempDir(), name) }

// sequential spares the race detector what one goroutine does alone, many times over.
func sequential(t *testing.T) {
	t.Helper()
	if race.Enabled && testing.Short() {
		t.Skip("nothing in it is concurrent; `make test` runs it")
	}
}
