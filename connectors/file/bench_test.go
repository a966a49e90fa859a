package file_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/pipeline"
)

// corpora are files of 100,000 records for measurements, 200 bytes each.
var corpora = []struct{ name, format, head, line string }{
	{"jsonl", "jsonl", "", `{"id":%d,"text":"` + benchText + `","source":"import","score":0.25}` + "\n"},
	{"jsonl_escapes", "jsonl", "", `{"id":%d,"text":"line one\nsays \"` + benchText + `\" caf\u00e9","source":"import"}` + "\n"},
	{"csv", "csv", "id,text,source,score\n", "%d," + benchText + ",import,0.25\n"},
	{"csv_quoted", "csv", "id,text,source,score\n", "%d,\"says \"\"" + benchText + "\"\", and more\",import,0.25\n"},
	{"text", "text", "", "%d " + benchText + "\n"},
}

const benchText = "My card was charged twice for the same order and nobody in support has answered me for a week now; " +
	"please refund the second payment as soon as you can thanks"

const benchRecords = 100_000

func benchFile(tb testing.TB, i int) (path string, size int64) {
	tb.Helper()
	c := corpora[i]
	var b strings.Builder
	b.WriteString(c.head)
	for n := range benchRecords {
		fmt.Fprintf(&b, c.line, n)
	}
	path = filepath.Join(tb.TempDir(), "bench."+c.format)
	if c.format == "text" {
		path = filepath.Join(tb.TempDir(), "bench.txt")
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		tb.Fatal(err)
	}
	return path, int64(b.Len())
}

// pooled is an allocator that keeps freed buffers by size, as the engine's does.
type pooled struct{ free map[int][][]byte }

func (p *pooled) Allocate(size int) []byte {
	class := 1
	for class < size {
		class *= 2
	}
	if list := p.free[class]; len(list) > 0 {
		b := list[len(list)-1]
		p.free[class] = list[:len(list)-1]
		return b[:size]
	}
	return make([]byte, size, class)
}

func (p *pooled) Reallocate(size int, b []byte) []byte {
	if size <= cap(b) {
		return b[:size]
	}
	n := p.Allocate(size)
	copy(n, b)
	p.Free(b)
	return n
}

func (p *pooled) Free(b []byte) {
	if cap(b) > 0 {
		p.free[cap(b)] = append(p.free[cap(b)], b)
	}
}

var _ memory.Allocator = (*pooled)(nil)

// readThrough reads and decodes a file and returns its number of records.
func readThrough(tb testing.TB, s *file.Source, want pipeline.Projection, decode bool) (n int) {
	tb.Helper()
	ctx := context.Background()
	splits, err := s.Splits(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	r, err := s.Open(ctx, splits[0], pipeline.Position{Offset: splits[0].Start, Byte: -1}, want)
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
		if decode {
			if err := s.Decode(ctx, b, want); err != nil {
				tb.Fatal(err)
			}
		}
		if len(b.Faults) > 0 {
			tb.Fatal(b.Faults[0].Err)
		}
		n += b.Len()
		b.Record.Release()
	}
	if err := r.Close(); err != nil {
		tb.Fatal(err)
	}
	return n
}

func benchWant(alloc memory.Allocator) pipeline.Projection {
	return pipeline.Projection{
		Columns: []arrow.Field{{Name: "text", Type: arrow.BinaryTypes.String}},
		Raw:     true, Rows: 8192, Bytes: 4 << 20, Alloc: alloc,
	}
}

func BenchmarkSource(b *testing.B) {
	for i, c := range corpora {
		for _, mode := range []string{"cut", "decode"} {
			b.Run(c.name+"/"+mode, func(b *testing.B) {
				path, size := benchFile(b, i)
				s := newSource(b, file.SourceConfig{Path: path})
				want := benchWant(&pooled{map[int][][]byte{}})
				b.SetBytes(size)
				b.ReportAllocs()
				for b.Loop() {
					readThrough(b, s, want, mode == "decode")
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRecords, "ns/record")
			})
		}
	}
}

// TestAllocations holds the promise that nothing is allocated for a record.
func TestAllocations(t *testing.T) {
	if testing.Short() {
		t.Skip("counts over large files; `make test` runs it")
	}
	for i, c := range corpora {
		t.Run(c.name, func(t *testing.T) {
			path, _ := benchFile(t, i)
			s := newSource(t, file.SourceConfig{Path: path})
			want := benchWant(&pooled{map[int][][]byte{}})
			perRun := testing.AllocsPerRun(2, func() {
				if n := readThrough(t, s, want, true); n != benchRecords {
					t.Fatalf("read %d records", n)
				}
			})
			if per := perRun / benchRecords; per >= 0.05 {
				t.Errorf("%.3f allocations a record", per)
			} else {
				t.Logf("%.4f allocations a record", per)
			}
		})
	}
}
