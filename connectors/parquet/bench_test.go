package parquet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	pqgo "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/test/race"
)

// ticket is a row of the benchmarks: 7 columns, as a table of support tickets has them.
type ticket struct {
	ID      int64   `parquet:"id"`
	Created int64   `parquet:"created,timestamp(microsecond)"`
	Author  string  `parquet:"author"`
	Text    string  `parquet:"text"`
	Channel string  `parquet:"channel,dict"`
	Score   float64 `parquet:"score"`
	Open    bool    `parquet:"open"`
}

const benchRows = 400_000

// benchFile writes the benchmarks' file once, with parquet-go.
func benchFile(tb testing.TB) string {
	tb.Helper()
	path := filepath.Join(os.TempDir(), "winnow-parquet-bench.parquet")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	rng := rand.New(rand.NewPCG(7, 7))
	vocabulary := make([]string, 4000)
	for i := range vocabulary {
		vocabulary[i] = fmt.Sprintf("%c%s", 'a'+rng.IntN(26), strings.Repeat(string(rune('a'+rng.IntN(26))), 1+rng.IntN(7)))
	}
	rows := make([]ticket, benchRows)
	for i := range rows {
		var text []string
		for range 6 + rng.IntN(8) {
			text = append(text, vocabulary[int(rng.ExpFloat64()*300)%len(vocabulary)])
		}
		rows[i] = ticket{
			ID: int64(i), Created: 1_700_000_000_000_000 + int64(i)*1_000_003, Author: fmt.Sprintf("user%06d", rng.IntN(1_000_000)),
			Text: strings.Join(text, " "), Channel: []string{"mail", "chat", "phone", "web"}[rng.IntN(4)],
			Score: rng.Float64(), Open: rng.IntN(3) == 0,
		}
	}
	var buf bytes.Buffer
	w := pqgo.NewGenericWriter[ticket](&buf, pqgo.Compression(&zstd.Codec{Level: zstd.SpeedFastest}), pqgo.MaxRowsPerRowGroup(100_000))
	if _, err := w.Write(rows); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, buf.Bytes(), 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

func perRecord(b *testing.B, rows int) {
	b.Helper()
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/record")
}

// scan reads columns of every split, and returns the rows.
func scan(tb testing.TB, src *Source, fields []arrow.Field, alloc memory.Allocator) int {
	tb.Helper()
	ctx := context.Background()
	splits, err := src.Splits(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	rows := 0
	for _, s := range splits {
		r, err := src.Open(ctx, s, pipeline.Position{Offset: s.Start, Byte: -1}, pipeline.Projection{Columns: fields, Rows: 8192, Alloc: alloc})
		if err != nil {
			tb.Fatal(err)
		}
		for {
			b, err := r.Next(ctx)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				tb.Fatal(err)
			}
			rows += b.Len()
			b.Record.Release()
		}
		if err := r.Close(); err != nil {
			tb.Fatal(err)
		}
	}
	return rows
}

func BenchmarkSource(b *testing.B) {
	path := benchFile(b)
	src := NewSource(SourceConfig{Path: path}, osEnv)
	layout, err := src.Layout(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	all := layout.Schema.Fields()
	for name, fields := range map[string][]arrow.Field{"text": {{Name: "text"}}, "channel": {{Name: "channel"}}, "all": all} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				if n := scan(b, src, fields, memory.DefaultAllocator); n != benchRows {
					b.Fatal(n)
				}
			}
			perRecord(b, benchRows)
		})
	}
}

// BenchmarkBareRead reads the pages with parquet-go alone: Pages and Data, nothing copied.
func BenchmarkBareRead(b *testing.B) {
	path := benchFile(b)
	data, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range []string{"text", "all"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				f, err := pqgo.OpenFile(bytes.NewReader(data), int64(len(data)))
				if err != nil {
					b.Fatal(err)
				}
				for _, g := range f.RowGroups() {
					for i, c := range g.ColumnChunks() {
						if name == "text" && f.Schema().Columns()[i][0] != "text" {
							continue
						}
						pages := c.Pages()
						for {
							p, err := pages.ReadPage()
							if errors.Is(err, io.EOF) {
								break
							}
							if err != nil {
								b.Fatal(err)
							}
							v := p.Data()
							_ = v.Size()
							pqgo.Release(p)
						}
						pages.Close()
					}
				}
			}
			perRecord(b, benchRows)
		})
	}
}

// BenchmarkBareCopy copies the file row by row with parquet-go's own reader and writer.
func BenchmarkBareCopy(b *testing.B) {
	data, err := os.ReadFile(benchFile(b))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("generic", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			r := pqgo.NewGenericReader[ticket](bytes.NewReader(data))
			w := pqgo.NewGenericWriter[ticket](io.Discard, pqgo.Compression(&zstd.Codec{Level: zstd.SpeedFastest}))
			rows := make([]ticket, 1024)
			for {
				n, err := r.Read(rows)
				if _, err := w.Write(rows[:n]); err != nil {
					b.Fatal(err)
				}
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					b.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
		}
		perRecord(b, benchRows)
	})
	b.Run("rows", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			f, err := pqgo.OpenFile(bytes.NewReader(data), int64(len(data)))
			if err != nil {
				b.Fatal(err)
			}
			w := pqgo.NewGenericWriter[any](io.Discard, f.Schema(), pqgo.Compression(&zstd.Codec{Level: zstd.SpeedFastest}))
			for _, g := range f.RowGroups() {
				rows := g.Rows()
				if _, err := pqgo.CopyRows(w, rows); err != nil {
					b.Fatal(err)
				}
				rows.Close()
			}
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
		}
		perRecord(b, benchRows)
	})
}

// BenchmarkCopy is the whole way: source, encoding, sink, seal.
func BenchmarkCopy(b *testing.B) {
	src := NewSource(SourceConfig{Path: benchFile(b)}, osEnv)
	ctx := context.Background()
	layout, err := src.Layout(ctx)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for range b.N {
		copyStream(b, src, layout, filepath.Join(b.TempDir(), "out.parquet"))
	}
	perRecord(b, benchRows)
}

// copyStream copies every column batch by batch, as the engine would with one worker.
func copyStream(tb testing.TB, src *Source, layout *pipeline.Layout, out string) {
	tb.Helper()
	ctx := context.Background()
	splits, err := src.Splits(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	sink := NewSink(SinkConfig{Path: out}, osEnv)
	if err := sink.Open(ctx, pipeline.SinkOpen{Input: layout}); err != nil {
		tb.Fatal(err)
	}
	for _, s := range splits {
		r, err := src.Open(ctx, s, pipeline.Position{Offset: s.Start, Byte: -1}, pipeline.Projection{Columns: layout.Schema.Fields(), Rows: 8192, Alloc: memory.DefaultAllocator})
		if err != nil {
			tb.Fatal(err)
		}
		for {
			b, err := r.Next(ctx)
			if errors.Is(err, io.EOF) {
				break
			}
			if err == nil {
				err = errors.Join(sink.Encode(ctx, b), sink.Write(ctx, b))
				b.Record.Release()
			}
			if err != nil {
				tb.Fatal(err)
			}
		}
		if err := r.Close(); err != nil {
			tb.Fatal(err)
		}
	}
	receipt, err := sink.Prepare(ctx, 1)
	if err == nil {
		err = errors.Join(sink.Commit(ctx, receipt), sink.Seal(ctx, receipt), sink.Close())
	}
	if err != nil {
		tb.Fatal(err)
	}
}

func TestAllocationsPerRecord(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	src := NewSource(SourceConfig{Path: benchFile(t)}, osEnv)
	layout, err := src.Layout(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	read := testing.AllocsPerRun(1, func() { scan(t, src, layout.Schema.Fields(), memory.DefaultAllocator) }) / benchRows
	if read > 0.05 {
		t.Errorf("%.3f allocations a record to read", read)
	}
	i := 0
	dir := t.TempDir()
	whole := testing.AllocsPerRun(1, func() {
		i++
		copyStream(t, src, layout, filepath.Join(dir, fmt.Sprint(i, ".parquet")))
	}) / benchRows
	if whole > 0.05 {
		t.Errorf("%.3f allocations a record to copy", whole)
	}
	t.Logf("%.4f allocations a record to read, %.4f to copy", read, whole)
}
