package parquet

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

func TestSourceConforms(t *testing.T) {
	for name, schema := range map[string]*arrow.Schema{"flat": arrow.NewSchema(everyType().Fields()[:8], nil), "every type": everyType()} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			rng := rand.New(rand.NewPCG(11, 11))
			rec := randomRecord(schema, 60, rng)
			defer rec.Release()
			writeForeign(t, filepath.Join(dir, "a.parquet"), rec, 25)
			writeForeign(t, filepath.Join(dir, "b.parquet"), rec.NewSlice(0, 9), 4)
			pipelinetest.Source(t, pipelinetest.SourceCase{
				New: func(testing.TB) pipeline.Source { return NewSource(SourceConfig{Path: dir}, osEnv) },
			})
		})
	}
}

func TestSinkConforms(t *testing.T) {
	for name, cfg := range map[string]SinkConfig{
		"file":   {Path: "/out/x.parquet", RowGroupRows: 20},
		"folder": {Path: "/out/x/", RowGroupRows: 20, PartSize: 1500},
	} {
		t.Run(name, func(t *testing.T) {
			pipelinetest.Sink(t, pipelinetest.SinkCase{
				New:    func(_ testing.TB, fsys disk.FS) pipeline.Sink { return NewSink(cfg, pipeline.Env{FS: fsys}) },
				Output: func(t testing.TB, d *pipelinetest.Disk) ([]byte, bool) { return lines(t, d, filepath.Clean(cfg.Path)) },
				IDs:    pipelinetest.JSONL("id"),
			})
		})
	}
}

// lines reads an output back, as JSON lines.
func lines(t testing.TB, d *pipelinetest.Disk, path string) ([]byte, bool) {
	t.Helper()
	d = d.Kill() // as it is, but without failures still to come
	if _, err := d.Stat(path); err != nil {
		return nil, false
	}
	ctx := t.Context()
	src := NewSource(SourceConfig{Path: path}, pipeline.Env{FS: d})
	paths, err := listFiles(d, path)
	if err != nil {
		t.Fatal(err)
	}
	rows := int64(0)
	for _, p := range paths {
		f, err := src.footer(p)
		if err != nil {
			t.Fatal(err)
		}
		rows += f.rows()
	}
	if rows == 0 {
		return []byte{}, true
	}
	layout, err := src.Layout(ctx)
	if err != nil {
		t.Fatal(err)
	}
	batches, err := readAll(t, src, pipeline.Projection{Columns: layout.Schema.Fields()})
	defer release(batches)
	if err != nil {
		t.Fatal(errors.Join(err))
	}
	var out bytes.Buffer
	for _, b := range batches {
		for row := range b.Len() {
			out.Write(pipelinetest.Line(b, row))
		}
	}
	return out.Bytes(), true
}
