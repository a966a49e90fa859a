package xlsx_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/file/xlsx"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
)

const benchRows = 20_000

func benchBook(b testing.TB) []byte {
	b.Helper()
	var journal, buf bytes.Buffer
	for i := range benchRows {
		fmt.Fprintf(&journal, "[%d,\"I still have not received my new card, I ordered over %d weeks ago\",\"card_arrival\"]\n", i, i%9)
	}
	if err := xlsx.Write(&buf, []string{"id", "text", "label"}, &journal); err != nil {
		b.Fatal(err)
	}
	return buf.Bytes()
}

func readAll(b testing.TB, d disk.FS, path string) {
	b.Helper()
	ctx := context.Background()
	layout, end, err := xlsx.Layout(ctx, d, path, xlsx.Options{})
	if err != nil || end != benchRows+1 {
		b.Fatal(end, err)
	}
	want := pipeline.Projection{Columns: layout.Schema.Fields(), Rows: 8192, Bytes: 4 << 20, MaxRecord: 1 << 20, Alloc: memory.DefaultAllocator}
	r, err := xlsx.Open(ctx, d, &pipeline.Split{File: path, End: end}, pipeline.Position{}, want, xlsx.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	for {
		batch, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			b.Fatal(err)
		}
		batch.Record.Release()
	}
}

// BenchmarkRead surveys and reads a sheet of three columns.
func BenchmarkRead(b *testing.B) {
	d, path := put(benchBook(b))
	b.ReportAllocs()
	for b.Loop() {
		readAll(b, d, path)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/record")
}

func BenchmarkWrite(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		benchBook(b)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/record")
}

// TestAllocations holds that reading allocates for files and batches, never for records.
func TestAllocations(t *testing.T) {
	const limit = 0.05 // allocations a record
	d, path := put(benchBook(t))
	allocs := testing.AllocsPerRun(3, func() { readAll(t, d, path) })
	if perRecord := allocs / benchRows; perRecord > limit {
		t.Errorf("%.3f allocations a record, want at most %.2f", perRecord, limit)
	}
}
