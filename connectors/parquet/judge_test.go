package parquet

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	pqgo "github.com/parquet-go/parquet-go"

	"github.com/winnow-stream/winnow/pipeline"
)

// TestParquetGoAcceptsTheOutput reads what the sink wrote with parquet-go, which checks page checksums, and compares
// page indexes and statistics with the values.
func TestParquetGoAcceptsTheOutput(t *testing.T) {
	rec := randomRecord(everyType(), 3000, rand.New(rand.NewPCG(3, 4)))
	defer rec.Release()
	in, out := tempPath(t, "in.parquet"), tempPath(t, "out.parquet")
	if keep := os.Getenv("WINNOW_KEEP_PARQUET"); keep != "" { // for a look with other readers
		out = filepath.Join(keep, "types.parquet")
	}
	writeForeign(t, in, rec, 1700)
	src := NewSource(SourceConfig{Path: in}, osEnv)
	copyFile(t, src, SinkConfig{Path: out, RowGroupRows: 1000}, pipeline.Projection{Rows: 1200}, 0)
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	f, err := pqgo.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if f.NumRows() != 3000 || len(f.RowGroups()) < 2 {
		t.Errorf("%d rows in %d row groups", f.NumRows(), len(f.RowGroups()))
	}
	for _, g := range f.RowGroups() {
		for _, c := range g.ColumnChunks() {
			checkChunk(t, f.Schema().Columns()[c.Column()], g, c.(*pqgo.FileColumnChunk))
		}
	}
}

func checkChunk(t *testing.T, path []string, g pqgo.RowGroup, c *pqgo.FileColumnChunk) {
	t.Helper()
	offsets, err := c.OffsetIndex()
	if err != nil {
		t.Fatalf("%v: %v", path, err)
	}
	bounds, err := c.ColumnIndex()
	hasBounds := err == nil
	pages := c.Pages()
	defer pages.Close()
	rows, nulls := int64(0), int64(0)
	least, most, known := c.Bounds()
	for i := 0; ; i++ {
		p, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			if i != offsets.NumPages() {
				t.Errorf("%v: %d pages, and %d in the index", path, i, offsets.NumPages())
			}
			break
		}
		if err != nil {
			t.Fatalf("%v: %v", path, err)
		}
		if offsets.FirstRowIndex(i) != rows {
			t.Errorf("%v: page %d begins at row %d, and %d in the index", path, i, rows, offsets.FirstRowIndex(i))
		}
		rows += p.NumRows()
		values := make([]pqgo.Value, p.NumValues())
		n, _ := p.Values().ReadValues(values)
		for _, v := range values[:n] {
			if v.IsNull() {
				nulls++
				continue
			}
			typ := c.Type()
			if known && (typ.Compare(v, least) < 0 || typ.Compare(v, most) > 0) {
				t.Fatalf("%v: %v is outside of the statistics %v to %v", path, v, least, most)
			}
			if hasBounds && (typ.Compare(v, bounds.MinValue(i)) < 0 || typ.Compare(v, bounds.MaxValue(i)) > 0) {
				t.Fatalf("%v: %v is outside of the index %v to %v", path, v, bounds.MinValue(i), bounds.MaxValue(i))
			}
		}
		pqgo.Release(p)
	}
	if rows != g.NumRows() {
		t.Errorf("%v: %d rows of %d", path, rows, g.NumRows())
	}
	if nulls != c.NullCount() {
		t.Errorf("%v: %d nulls, and %d in the statistics", path, nulls, c.NullCount())
	}
}

// TestSourceReadsParquetGo reads files of the other common Go writer: version 2 pages, delta encodings, split streams.
func TestSourceReadsParquetGo(t *testing.T) {
	type row struct {
		ID    int64    `parquet:"id,delta"`
		N     int32    `parquet:"n,delta,optional"`
		Delta string   `parquet:"delta,delta"`
		Len   string   `parquet:"len,optional,zstd"`
		Split float64  `parquet:"split,split"`
		Flag  bool     `parquet:"flag"`
		UUID  [16]byte `parquet:"uuid,uuid"`
		JSON  string   `parquet:"json,json"`
		Enum  string   `parquet:"enum,enum,dict"`
		Tags  []string `parquet:"tags,list,dict"`
		Old   []int32  `parquet:"old"`
		Sub   *struct {
			X int32             `parquet:"x"`
			M map[string]string `parquet:"m"`
		} `parquet:"sub,optional"`
	}
	rng := rand.New(rand.NewPCG(6, 6))
	rows := make([]row, 2500)
	for i := range rows {
		r := &rows[i]
		r.ID, r.N, r.Delta, r.Len = int64(i)*3, int32(rng.IntN(100)-50), words[rng.IntN(len(words))]+"!", words[rng.IntN(len(words))]
		r.Split, r.Flag, r.JSON, r.Enum = rng.Float64(), i%3 == 0, `{"a":1}`, []string{"A", "B"}[i%2]
		r.UUID[3] = byte(i)
		for range rng.IntN(4) {
			r.Tags, r.Old = append(r.Tags, words[rng.IntN(len(words))]), append(r.Old, rng.Int32())
		}
		if i%4 > 0 {
			r.Sub = &struct {
				X int32             `parquet:"x"`
				M map[string]string `parquet:"m"`
			}{X: int32(i), M: map[string]string{"k": "v"}}
		}
	}
	path := tempPath(t, "in.parquet")
	for _, version := range []int{1, 2} {
		var buf bytes.Buffer
		w := pqgo.NewGenericWriter[row](&buf, pqgo.DataPageVersion(version), pqgo.PageBufferSize(3000), pqgo.MaxRowsPerRowGroup(900))
		if _, err := w.Write(rows); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, buf.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		src := NewSource(SourceConfig{Path: path}, osEnv)
		batches, err := readAll(t, src, pipeline.Projection{Rows: 77, Alloc: checked(t)})
		if err != nil {
			t.Fatal(err)
		}
		sameAsJudge(t, path, batches)
		release(batches)
		layout, err := src.Layout(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		out := tempPath(t, "out.parquet")
		copyFile(t, src, SinkConfig{Path: out}, pipeline.Projection{Rows: 500}, 0)
		again, err := NewSource(SourceConfig{Path: out}, osEnv).Layout(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if !layout.Schema.Equal(again.Schema) {
			t.Errorf("the schema changed on the way:\n%s\n%s", layout.Schema, again.Schema)
		}
		if version == 2 && len(layout.Notes) > 0 {
			t.Errorf("notes %q", layout.Notes)
		}
	}
}
