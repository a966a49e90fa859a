package file_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"github.com/xuri/excelize/v2"

	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

func newSink(t testing.TB, fsys disk.FS, cfg file.SinkConfig) *file.Sink {
	t.Helper()
	s, err := cfg.NewSink(pipeline.Env{FS: fsys})
	if err != nil {
		t.Fatal(err)
	}
	return s.(*file.Sink)
}

// TestSinkConformance runs the suite of sinks over every kind of output.
func TestSinkConformance(t *testing.T) {
	for _, c := range []struct {
		cfg  file.SinkConfig
		read func(t testing.TB, d *pipelinetest.Disk) ([]byte, bool)
		ids  pipelinetest.ReadIDs
		some bool // crash points are drawn
	}{
		{file.SinkConfig{Path: "/out/a.jsonl"}, plain("/out/a.jsonl"), pipelinetest.JSONL("id"), false},
		{file.SinkConfig{Path: "/out/a.csv"}, plain("/out/a.csv"), pipelinetest.CSV("id", ','), false},
		{file.SinkConfig{Path: "/out/a.jsonl.gz"}, gunzipped("/out/a.jsonl.gz"), pipelinetest.JSONL("id"), true},
		{file.SinkConfig{Path: "/out/a.csv.zst"}, unzstd("/out/a.csv.zst"), pipelinetest.CSV("id", ','), true},
		{file.SinkConfig{Path: "/out/a/", PartBytes: 2000}, parts("/out/a"), pipelinetest.JSONL("id"), false},
		{file.SinkConfig{Path: "/out/a.xlsx"}, sheetRows("/out/a.xlsx"), nil, true},
	} {
		t.Run(c.cfg.Path, func(t *testing.T) {
			points := 0
			if c.some {
				points = 40
			}
			pipelinetest.Sink(t, pipelinetest.SinkCase{
				New:    func(t testing.TB, fsys disk.FS) pipeline.Sink { return newSink(t, fsys, c.cfg) },
				Output: c.read, IDs: c.ids, Points: points,
			})
		})
	}
}

func plain(path string) func(testing.TB, *pipelinetest.Disk) ([]byte, bool) {
	return func(_ testing.TB, d *pipelinetest.Disk) ([]byte, bool) {
		data := d.Get(path)
		return data, data != nil
	}
}

func gunzipped(path string) func(testing.TB, *pipelinetest.Disk) ([]byte, bool) {
	return func(t testing.TB, d *pipelinetest.Disk) ([]byte, bool) {
		return unpacked(t, d.Get(path), func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) })
	}
}

func unzstd(path string) func(testing.TB, *pipelinetest.Disk) ([]byte, bool) {
	return func(t testing.TB, d *pipelinetest.Disk) ([]byte, bool) {
		return unpacked(t, d.Get(path), func(r io.Reader) (io.Reader, error) {
			z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
			if err != nil {
				return nil, err
			}
			return z.IOReadCloser(), nil
		})
	}
}

func unpacked(t testing.TB, data []byte, open func(io.Reader) (io.Reader, error)) ([]byte, bool) {
	t.Helper()
	if len(data) == 0 {
		return data, data != nil
	}
	r, err := open(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := r.(io.Closer); ok {
		defer c.Close()
	}
	all, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return all, true
}

func parts(folder string) func(testing.TB, *pipelinetest.Disk) ([]byte, bool) {
	return func(_ testing.TB, d *pipelinetest.Disk) ([]byte, bool) {
		var all []byte
		found := false
		for _, name := range d.Files() {
			if strings.HasPrefix(name, folder+"/") {
				all, found = append(all, d.Get(name)...), true
			}
		}
		return all, found
	}
}

func sheetRows(path string) func(testing.TB, *pipelinetest.Disk) ([]byte, bool) {
	return func(t testing.TB, d *pipelinetest.Disk) ([]byte, bool) {
		data := d.Get(path)
		if data == nil {
			return nil, false
		}
		f, err := excelize.OpenReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		rows, err := f.GetRows("Sheet1")
		if err != nil {
			t.Fatal(err)
		}
		var all bytes.Buffer
		for _, r := range rows {
			fmt.Fprintf(&all, "%q\n", r)
		}
		return all.Bytes(), true
	}
}

func TestSinkConfig(t *testing.T) {
	for _, c := range []struct {
		cfg  file.SinkConfig
		want string // what Describe says, or the errors
	}{
		{file.SinkConfig{Path: "-"}, "jsonl to standard output"},
		{file.SinkConfig{Path: "a.ndjson"}, "jsonl a.ndjson"},
		{file.SinkConfig{Path: "a.TSV.GZ"}, "tsv a.TSV.GZ"},
		{file.SinkConfig{Path: "out/"}, "jsonl out/"},
		{file.SinkConfig{Path: "out/", Format: "csv", Compression: "zstd", Delimiter: "tab"}, "csv out/"},
		{file.SinkConfig{Path: "a.xlsx"}, "xlsx a.xlsx"},
		{file.SinkConfig{}, "path: config.missing: path is missing"},
		{file.SinkConfig{Path: "a"}, `format: config.field: the extension of "a" tells no format; name one of jsonl, csv, tsv, xlsx`},
		{file.SinkConfig{Path: "a.gz"}, `format: config.field: the extension of "a.gz" tells no format; name one of jsonl, csv, tsv, xlsx`},
		{
			file.SinkConfig{Path: "a", Format: "cvs", Compression: "bz2", Delimiter: "::", Formulas: "no", PartRows: -1},
			"format: config.field: \"cvs\" is not one of jsonl, csv, tsv, xlsx\n" +
				"compression: config.field: \"bz2\" is not one of none, gzip, zstd\n" +
				"delimiter: config.field: \"::\" can't separate fields; use one ASCII character, or tab\n" +
				"formulas: config.field: \"no\" is not one of raw, neutralize\n" +
				"part_rows: config.field: limits of part files can't be negative",
		},
		{file.SinkConfig{Path: "out/", PartBytes: -1}, "part_bytes: config.field: limits of part files can't be negative"},
		{file.SinkConfig{Path: "a.csv", PartBytes: 1}, `part_bytes: config.field: "a.csv" is no folder of part files; end it with / to make it one`},
		{file.SinkConfig{Path: "-", PartRows: 1}, `part_rows: config.field: "-" is no folder of part files; end it with / to make it one`},
		{file.SinkConfig{Path: "-", Format: "xlsx"}, "format: config.field: xlsx needs a file to write to"},
		{file.SinkConfig{Path: "a.xlsx", Compression: "gzip"}, "compression: config.field: xlsx is compressed already"},
	} {
		s, err := c.cfg.NewSink(pipeline.Env{})
		got := fmt.Sprint(err)
		if err == nil {
			got = s.(pipeline.Describer).Describe()
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestSinkGuarantee(t *testing.T) {
	if g, why := newSink(t, disk.OS{}, file.SinkConfig{Path: "-"}).Guarantee(); g != pipeline.AtMostOnce || why == "" {
		t.Error(g, why)
	}
	if g, why := newSink(t, disk.OS{}, file.SinkConfig{Path: "a.csv"}).Guarantee(); g != pipeline.ExactlyOnce || why == "" {
		t.Error(g, why)
	}
}

// textLayout is a source of texts with a batch of it.
func textLayout(texts ...string) (*pipeline.Layout, *pipeline.Batch) {
	user := arrow.Field{Name: "text", Type: arrow.BinaryTypes.String}
	build := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64}, user}, nil))
	for i, s := range texts {
		build.Field(0).(*array.Int64Builder).Append(int64(i))
		build.Field(1).(*array.StringBuilder).Append(s)
	}
	return &pipeline.Layout{Format: "text", Schema: arrow.NewSchema([]arrow.Field{user}, nil)}, &pipeline.Batch{Record: build.NewRecordBatch()}
}

// TestSinkStdout writes to a stream: a header once, nothing back.
func TestSinkStdout(t *testing.T) {
	var out bytes.Buffer
	s := newSink(t, nil, file.SinkConfig{Path: "-", Format: "csv", Writer: &out})
	in, b := textLayout("a", "b,c")
	ctx := context.Background()
	if err := s.Open(ctx, pipeline.SinkOpen{Input: in}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Write(ctx, b); err != nil {
			t.Fatal(err)
		}
	}
	r, err := s.Prepare(ctx, 1)
	if err = errors.Join(err, s.Commit(ctx, r), s.Abort(ctx), s.Seal(ctx, r), s.Close()); err != nil {
		t.Fatal(err)
	}
	if out.String() != "text\na\n\"b,c\"\na\n\"b,c\"\n" || string(r) != `{"length":0,"rows":4}` {
		t.Errorf("%q, %s", out.String(), r)
	}
	for _, c := range []struct {
		cause error
		want  string
	}{
		{syscall.EPIPE, "output.write: whoever read standard output has gone: broken pipe"},
		{syscall.EIO, "output.write: standard output: input/output error"},
	} {
		s := newSink(t, nil, file.SinkConfig{Path: "-", Writer: failingWriter{c.cause}})
		if err := s.Open(ctx, pipeline.SinkOpen{Input: in}); err != nil {
			t.Fatal(err)
		}
		if err := s.Write(ctx, b); err == nil || err.Error() != c.want || fault.FateOf(err) != fault.Fatal {
			t.Error(err)
		}
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// TestSinkBuffersComeBack holds that what one sink encodes and others write, as a stream's do, is encoded into the same
// memory again, and stays with none of the others.
func TestSinkBuffersComeBack(t *testing.T) {
	const size, rounds = 1 << 20, 30
	d := pipelinetest.NewDisk()
	ctx := context.Background()
	in, b := textLayout(strings.Repeat("x", size))
	encodes := newSink(t, d, file.SinkConfig{Path: "-", Writer: io.Discard})
	writes := newSink(t, d, file.SinkConfig{Path: "-", Writer: io.Discard})
	if err := errors.Join(encodes.Open(ctx, pipeline.SinkOpen{Input: in}), writes.Open(ctx, pipeline.SinkOpen{Input: in})); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range rounds {
		if err := errors.Join(encodes.Encode(ctx, b), writes.Write(ctx, b)); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > rounds*size/2 {
		t.Errorf("%d bytes were allocated for %d batches of %d", got, rounds, size)
	}
}

// TestSinkEmpty publishes an output without rows: a header where the format has one.
func TestSinkEmpty(t *testing.T) {
	for path, want := range map[string]string{"/out/a.csv": "text\n", "/out/a.jsonl": "", "/out/a.jsonl.gz": ""} {
		d := pipelinetest.NewDisk()
		d.Put("/out/.keep", nil)
		in, _ := textLayout()
		publish(t, newSink(t, d, file.SinkConfig{Path: path}), in)
		if got := d.Get(path); got == nil || string(got) != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func publish(t *testing.T, s *file.Sink, in *pipeline.Layout, batches ...*pipeline.Batch) {
	t.Helper()
	ctx := context.Background()
	if err := s.Open(ctx, pipeline.SinkOpen{Input: in}); err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if err := s.Write(ctx, b); err != nil {
			t.Fatal(err)
		}
	}
	r, err := s.Prepare(ctx, 1)
	if err = errors.Join(err, s.Commit(ctx, r), s.Seal(ctx, r), s.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestSinkRowErrors holds that a row no cell can hold comes back by itself, and the others are written.
func TestSinkRowErrors(t *testing.T) {
	d := pipelinetest.NewDisk()
	d.Put("/out/.keep", nil)
	s := newSink(t, d, file.SinkConfig{Path: "/out/a.xlsx"})
	in, b := textLayout("a", strings.Repeat("x", 40_000), "b")
	ctx := context.Background()
	if err := s.Open(ctx, pipeline.SinkOpen{Input: in}); err != nil {
		t.Fatal(err)
	}
	err := s.Write(ctx, b)
	var rows *pipeline.RowErrors
	if !errors.As(err, &rows) || len(rows.Rows) != 1 || rows.Rows[0].Row != 1 || rows.Rows[0].Err.Code != fault.RecordTooLarge {
		t.Fatal(err)
	}
	r, err := s.Prepare(ctx, 1)
	if err = errors.Join(err, s.Seal(ctx, r), s.Close()); err != nil {
		t.Fatal(err)
	}
	if got, _ := sheetRows("/out/a.xlsx")(t, d); string(got) != "[\"text\"]\n[\"a\"]\n[\"b\"]\n" {
		t.Errorf("%s", got)
	}
}

// TestSinkSheetRows holds that a sheet's limit is met before the seal, and before the first row where that can be known.
func TestSinkSheetRows(t *testing.T) {
	d := pipelinetest.NewDisk()
	d.Put("/out/.keep", nil)
	s := newSink(t, d, file.SinkConfig{Path: "/out/a.xlsx"})
	in, b := textLayout(make([]string, 1<<16)...)
	ctx := context.Background()
	if err := s.Open(ctx, pipeline.SinkOpen{Input: in, Rows: 1 << 20}); !fault.Is(err, fault.OutputRows) || len(d.Files()) != 1 {
		t.Errorf("as many rows as are known to be too many gave %v and left %v", err, d.Files())
	}
	if err := s.Open(ctx, pipeline.SinkOpen{Input: in, Rows: -1}); err != nil {
		t.Fatal(err)
	}
	for range 15 {
		if err := s.Write(ctx, b); err != nil {
			t.Fatal(err)
		}
	}
	err := s.Write(ctx, b)
	if e, ok := fault.As(err); !ok || e.Explain() != "/out/a.xlsx: output.rows: a sheet holds 1048575 rows below its header\n  fix: choose another output format, such as csv or parquet" {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestSinkSheetForeign holds that a workbook which appeared during the run is not replaced.
func TestSinkSheetForeign(t *testing.T) {
	d := pipelinetest.NewDisk()
	d.Put("/out/.keep", nil)
	s := newSink(t, d, file.SinkConfig{Path: "/out/a.xlsx"})
	in, b := textLayout("a")
	ctx := context.Background()
	if err := errors.Join(s.Open(ctx, pipeline.SinkOpen{Input: in}), s.Write(ctx, b)); err != nil {
		t.Fatal(err)
	}
	r, err := s.Prepare(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	d.Put("/out/a.xlsx", []byte("a stranger's"))
	if err := s.Seal(ctx, r); !fault.Is(err, fault.OutputExists) {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestSinkDeadLetters writes dead letters: null fields are left out.
func TestSinkDeadLetters(t *testing.T) {
	d := pipelinetest.NewDisk()
	d.Put("/out/.keep", nil)
	build := array.NewRecordBuilder(memory.DefaultAllocator, pipeline.DeadLetterLayout.Schema)
	letter := map[string]any{"code": "record.json", "message": "m", "file": "f", "split": "s", "offset": 3, "attempts": 1, "record": "{"}
	line, err := json.Marshal(letter)
	if err != nil {
		t.Fatal(err)
	}
	if err := build.UnmarshalJSON(line); err != nil {
		t.Fatal(err)
	}
	publish(t, newSink(t, d, file.SinkConfig{Path: "/out/a.jsonl"}), pipeline.DeadLetterLayout, &pipeline.Batch{Record: build.NewRecordBatch()})
	want := `{"code":"record.json","message":"m","file":"f","split":"s","offset":3,"attempts":1,"record":"{"}` + "\n"
	if got := string(d.Get("/out/a.jsonl")); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestSinkDamagedReceipt holds that a receipt which can't be read is never a fresh start.
func TestSinkDamagedReceipt(t *testing.T) {
	s := newSink(t, pipelinetest.NewDisk(), file.SinkConfig{Path: "/out/a.jsonl"})
	in, _ := textLayout()
	ctx := context.Background()
	bad := pipeline.Receipt(`{"length"`)
	for _, err := range []error{s.Open(ctx, pipeline.SinkOpen{Input: in, Last: bad}), s.Commit(ctx, bad), s.Seal(ctx, bad)} {
		if !fault.Is(err, fault.StateDamaged) {
			t.Error(err)
		}
	}
}

func ExampleSinkConfig() {
	d := pipelinetest.NewDisk()
	d.Put("/out/.keep", nil)
	sink, err := file.SinkConfig{Path: "/out/labelled.csv"}.NewSink(pipeline.Env{FS: d})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	layout, batch := textLayout("first", "second, with a comma")
	check := func(err error) {
		if err != nil {
			fmt.Println(err)
		}
	}
	check(sink.Open(ctx, pipeline.SinkOpen{Input: layout}))
	check(sink.Write(ctx, batch))
	receipt, err := sink.Prepare(ctx, 1)
	check(err)
	fmt.Printf("receipt %s, files %v\n", receipt, d.Files()[1:])
	check(sink.Commit(ctx, receipt))
	check(sink.(pipeline.Sealer).Seal(ctx, receipt))
	check(sink.Close())
	fmt.Printf("%s", d.Get("/out/labelled.csv"))
	// Output:
	// receipt {"length":34,"rows":2}, files [/out/labelled.csv.part]
	// text
	// first
	// "second, with a comma"
}
