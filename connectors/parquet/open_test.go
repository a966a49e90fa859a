package parquet

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// openSink opens a world's sink on a disk.
func openSink(w *world, d disk.FS, o pipeline.SinkOpen) error {
	o.Input, o.Result = w.layout, w.result
	s := NewSink(w.cfg, pipeline.Env{FS: d})
	err := s.Open(context.Background(), o)
	return errors.Join(err, s.Close())
}

func TestOpenRules(t *testing.T) {
	put := func(t *testing.T, d *pipelinetest.Disk, path, content string) {
		t.Helper()
		if err := disk.WriteFile(d, path, []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		path  string
		ready func(t *testing.T, d *pipelinetest.Disk)
		open  pipeline.SinkOpen
		want  *fault.Code
	}{
		"fresh":            {path: "/out/x.parquet"},
		"fresh folder":     {path: "/out/x/"},
		"no folder":        {path: "/nowhere/x.parquet", want: fault.OutputFolder},
		"exists":           {path: "/out/x.parquet", ready: func(t *testing.T, d *pipelinetest.Disk) { put(t, d, "/out/x.parquet", "old") }, want: fault.OutputExists},
		"exists, replaced": {path: "/out/x.parquet", ready: func(t *testing.T, d *pipelinetest.Disk) { put(t, d, "/out/x.parquet", "old") }, open: pipeline.SinkOpen{Overwrite: true}},
		"folder in the way": {
			path: "/out/x.parquet", ready: func(t *testing.T, d *pipelinetest.Disk) { put2(t, d) },
			open: pipeline.SinkOpen{Overwrite: true}, want: fault.OutputWrite,
		},
		"begun by another run": {path: "/out/x.parquet", ready: begun, want: fault.StateMissing},
		"begun by this run":    {path: "/out/x.parquet", ready: begun, open: pipeline.SinkOpen{Resumed: true}},
		"begun, replaced":      {path: "/out/x.parquet", ready: begun, open: pipeline.SinkOpen{Overwrite: true}},
		"state without output": {path: "/out/x.parquet", open: pipeline.SinkOpen{Last: []byte(`{"commit":{"data":4}}`)}, want: fault.StateDamaged},
		"damaged receipt":      {path: "/out/x.parquet", open: pipeline.SinkOpen{Last: []byte(`[]`)}, want: fault.StateDamaged},
		"shorter than the commit": {
			path: "/out/x.parquet", ready: begun,
			open: pipeline.SinkOpen{Last: []byte(`{"commit":{"data":400}}`)}, want: fault.StateDamaged,
		},
		"journal changed": {
			path: "/out/x.parquet", ready: begun,
			open: pipeline.SinkOpen{Last: []byte(`{"commit":{"data":4,"sum":1}}`)}, want: fault.StateDamaged,
		},
		"not writable": {
			path: "/out/x.parquet", want: fault.OutputWrite,
			ready: func(_ *testing.T, d *pipelinetest.Disk) {
				d.Hook(func(op pipelinetest.Op) error {
					if op.Changes() {
						return fs.ErrPermission
					}
					return nil
				})
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, w := newDisk(t), newWorld(c.path)
			if c.ready != nil {
				c.ready(t, d)
			}
			err := openSink(w, d, c.open)
			if c.want == nil && err != nil || c.want != nil && !fault.Is(err, c.want) {
				t.Errorf("it opens with %v, want %v", err, c.want)
			}
		})
	}
}

func put2(t *testing.T, d *pipelinetest.Disk) {
	t.Helper()
	if err := disk.MakeDir(d, "/out/x.parquet"); err != nil {
		t.Fatal(err)
	}
}

func begun(t *testing.T, d *pipelinetest.Disk) {
	t.Helper()
	if err := openSink(newWorld("/out/x.parquet"), d, pipeline.SinkOpen{}); err != nil {
		t.Fatal(err)
	}
}

func TestOverwriteKeepsTheOldOutputUntilTheSeal(t *testing.T) {
	for _, path := range outputs {
		d := newDisk(t)
		if err := newWorld(path).run(d, false); err != nil {
			t.Fatal(err)
		}
		w := newWorld(path)
		w.cfg.Overwrite, w.sizes = true, []int{3, 4}
		start := d.Ops()
		if err := w.run(d, false); err != nil {
			t.Fatal(err)
		}
		w.check(t, d)
		for n := int64(1); n <= d.Ops()-start; n++ {
			d := newDisk(t)
			old := newWorld(path)
			if err := old.run(d, false); err != nil {
				t.Fatal(err)
			}
			w := newWorld(path)
			w.cfg.Overwrite, w.sizes = true, []int{3, 4}
			d.CutAt(d.Ops() + n)
			err := w.run(d, false)
			d = d.Crash(uint64(n))
			if _, gone := d.Stat(strings.TrimSuffix(path, "/")); gone != nil && !strings.HasSuffix(path, "/") {
				t.Fatalf("power lost at operation %d: neither the old nor the new output is there", n)
			}
			if err != nil {
				if err := w.run(d, false); err != nil {
					t.Fatalf("power lost at operation %d: the second run ends with %v", n, err)
				}
			}
			w.check(t, d)
		}
	}
}

func TestAbortGoesBackToTheLastCommit(t *testing.T) {
	ctx := context.Background()
	for _, path := range outputs {
		d, w := newDisk(t), newWorld(path)
		s := NewSink(w.cfg, pipeline.Env{FS: d})
		if err := s.Open(ctx, pipeline.SinkOpen{Input: w.layout, Result: w.result}); err != nil {
			t.Fatal(err)
		}
		var last pipeline.Receipt
		for i := range w.sizes {
			for range 2 { // the first time for nothing
				b := w.batch(i)
				err := errors.Join(s.Encode(ctx, b), s.Write(ctx, b))
				if i%2 == 0 {
					_, e := s.Prepare(ctx, 1)
					err = errors.Join(err, e)
				}
				if err := errors.Join(err, s.Abort(ctx), s.Abort(ctx)); err != nil {
					t.Fatal(err)
				}
			}
			b := w.batch(i)
			err := errors.Join(s.Encode(ctx, b), s.Write(ctx, b))
			var e error
			last, e = s.Prepare(ctx, 1)
			if err := errors.Join(err, e, s.Commit(ctx, last), s.Commit(ctx, last)); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(s.Seal(ctx, last), s.Seal(ctx, last), s.Close()); err != nil {
			t.Fatal(err)
		}
		w.check(t, d)
	}
}

func TestSinkTakesRowsAndExtra(t *testing.T) {
	ctx := context.Background()
	layout := &pipeline.Layout{Open: true, Schema: arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "text", Type: arrow.BinaryTypes.String, Nullable: true},
	}, nil)}
	rb := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(append([]arrow.Field{
		{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64},
	}, append(layout.Schema.Fields(), arrow.Field{Name: pipeline.ColExtra, Type: arrow.BinaryTypes.String, Nullable: true})...), nil))
	for i := range int64(3000) {
		rb.Field(0).(*array.Int64Builder).Append(i)
		rb.Field(1).(*array.Int64Builder).Append(i * 10)
		rb.Field(2).(*array.StringBuilder).Append("text")
		rb.Field(3).(*array.StringBuilder).Append(`{"more":1}`)
	}
	rec := rb.NewRecordBatch()
	var rows []int32
	for i := int32(1); i < 3000; i += 2 {
		rows = append(rows, i)
	}
	d := newDisk(t)
	s := NewSink(SinkConfig{Path: "/out/x.parquet"}, pipeline.Env{FS: d})
	if !s.Need(layout).Columns {
		t.Error("the sink wants no columns")
	}
	if err := s.Open(ctx, pipeline.SinkOpen{Input: layout}); err != nil {
		t.Fatal(err)
	}
	for _, sel := range [][]int32{rows, rows[:5], {}} {
		b := &pipeline.Batch{Record: rec, Rows: sel}
		if err := errors.Join(s.Encode(ctx, b), s.Write(ctx, b)); err != nil {
			t.Fatal(err)
		}
	}
	r, err := s.Prepare(ctx, 1)
	if err := errors.Join(err, s.Seal(ctx, r), s.Close()); err != nil {
		t.Fatal(err)
	}
	batches, err := readAll(t, NewSource(SourceConfig{Path: "/out/x.parquet"}, pipeline.Env{FS: d}), pipeline.Projection{})
	if err != nil {
		t.Fatal(err)
	}
	defer release(batches)
	ids := plainColumn(t, batches, "id").(*array.Int64)
	if ids.Len() != 1505 || ids.Value(0) != 10 || ids.Value(1499) != 29990 || ids.Value(1500) != 10 {
		t.Errorf("%d rows from %d", ids.Len(), ids.Value(0))
	}
	if got := plainColumn(t, batches, pipeline.ColExtra).ValueStr(7); got != `{"more":1}` {
		t.Errorf("_extra is %s", got)
	}
}

func TestConfigs(t *testing.T) {
	if err := (SourceConfig{}).Check(); !fault.Is(err, fault.ConfigMissing) {
		t.Errorf("a source without path: %v", err)
	}
	if _, err := (SourceConfig{}).NewSource(osEnv); err == nil {
		t.Error("a source without path is made")
	}
	bad := SinkConfig{Compression: "lzma", RowGroupRows: -1, PartSize: -1}
	if err := bad.Check(); err == nil || strings.Count(err.Error(), "config.") != 4 {
		t.Errorf("a bad sink: %v", err)
	}
	if _, err := bad.NewSink(osEnv); err == nil {
		t.Error("a bad sink is made")
	}
	if err := (SinkConfig{Path: "out.parquet", PartSize: 1}).Check(); !fault.Is(err, fault.ConfigField) {
		t.Errorf("a part's size of a file: %v", err)
	}
	source, err := SourceConfig{Path: "in.parquet"}.NewSource(osEnv)
	if err != nil || source.(pipeline.Describer).Describe() != "Parquet in.parquet" {
		t.Error(source, err)
	}
	sink, err := SinkConfig{Path: "out/"}.NewSink(osEnv)
	if err != nil || sink.(pipeline.Describer).Describe() != "Parquet out/" {
		t.Error(sink, err)
	}
}

func TestPaths(t *testing.T) {
	dir := t.TempDir()
	data := sound(t, false)
	for _, name := range []string{"a.parquet", "b.parq", "sub/c.parquet", "sub/.d.parquet", "_e/f.parquet", "g.csv"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for pattern, want := range map[string]string{
		"":                "a.parquet b.parq sub/c.parquet",
		"a.parquet":       "a.parquet",
		"*.par*":          "a.parquet b.parq",
		"*/*.parquet":     "sub/c.parquet",
		"**/*.parquet":    "a.parquet sub/c.parquet",
		"s?b/[c-d].parq*": "sub/c.parquet",
		"nothing":         "input.missing",
		"*.nothing":       "input.missing",
		"[":               "input.missing",
		"_e":              "_e/f.parquet",
	} {
		files, err := listFiles(disk.OS{}, filepath.Join(dir, pattern))
		got := strings.ReplaceAll(strings.Join(files, " "), dir+"/", "")
		if e, ok := fault.As(err); ok {
			got = e.Code.ID
		}
		if got != want {
			t.Errorf("%q matches %q, want %q", pattern, got, want)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "none"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := listFiles(disk.OS{}, filepath.Join(dir, "none")); !fault.Is(err, fault.InputMissing) {
		t.Errorf("an empty folder: %v", err)
	}
}

func TestProjectionErrors(t *testing.T) {
	path := tempPath(t, "in.parquet")
	if err := os.WriteFile(path, sound(t, false), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]*fault.Code{"txt": fault.ColumnsUnknown, "tags.element": fault.ColumnsType} {
		_, err := readAll(t, NewSource(SourceConfig{Path: path}, osEnv), pipeline.Projection{Columns: []arrow.Field{{Name: name}}})
		if !fault.Is(err, want) {
			t.Errorf("column %q: %v", name, err)
		}
	}
	batches, err := readAll(t, NewSource(SourceConfig{Path: path}, osEnv), pipeline.Projection{Columns: []arrow.Field{}, Alloc: checked(t)})
	if err != nil || len(batches) != 1 || batches[0].Len() != 100 || batches[0].Record.NumCols() != 1 {
		t.Errorf("a projection of no columns gives %v, %v", batches, err)
	}
	release(batches)
}
