package table_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/table"
	"github.com/winnow-stream/winnow/connectors/blob"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// object is a blob in memory.
type object struct{ *bytes.Reader }

func (object) Close() error { return nil }

// kept is a file system of one blob.
func kept(data []byte) disk.FS {
	return table.Files(func() (blob.Object, error) { return object{bytes.NewReader(data)}, nil })
}

func zipped(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.Bytes()
}

// TestLook tells files apart by their content, and says how they are written.
func TestLook(t *testing.T) {
	tickets, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "testdata", "demo", "tickets.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		data    []byte
		in      table.Input
		want    table.Input
		columns string
		rows    int64
	}{
		{name: "CSV", data: []byte("id,text\n1,\"a\nb\"\n2,c\n"), want: table.Input{Format: "csv", Delimiter: ",", Header: "true"}, columns: "id text", rows: 2},
		{name: "CSV with semicolons, a mark and a row that is wrong", data: []byte("\xef\xbb\xbfid;text\r\n1;a\r\n2\r\n"), want: table.Input{Format: "csv", Delimiter: ";", Header: "true"}, columns: "id text", rows: 2},
		{name: "CSV with tabs", data: []byte("id\ttext\n1\ta\n"), want: table.Input{Format: "csv", Delimiter: "\t", Header: "true"}, columns: "id text", rows: 1},
		{name: "CSV without a header", data: []byte("1,a\n2,b\n"), want: table.Input{Format: "csv", Delimiter: ",", Header: "false"}, columns: "column_1 column_2", rows: 2},
		{name: "lines", data: []byte("text\nit crashes.\nit is fine, really.\n"), in: table.Input{Delimiter: "|"}, want: table.Input{Format: "csv", Delimiter: "|", Header: "true"}, columns: "text", rows: 2},
		{name: "Windows-1252", data: []byte("id,text\n1,Caf\xe9\n"), want: table.Input{Format: "csv", Delimiter: ",", Header: "true"}, columns: "id text", rows: 1},
		{name: "UTF-16", data: []byte("\xff\xfei\x00,\x00t\x00\n\x001\x00,\x00a\x00\n\x00"), want: table.Input{Format: "csv", Delimiter: ",", Header: "true"}, columns: "i t", rows: 1},
		{name: "JSON lines", data: []byte(`{"b":1,"a":"x"}` + "\n\nbad\n"), want: table.Input{Format: "jsonl"}, columns: "b a", rows: 2},
		{name: "compressed JSON lines", data: zipped(`{"b":1,"a":"x"}` + "\n"), want: table.Input{Format: "jsonl"}, columns: "b a", rows: 1},
		{name: "Parquet", data: tickets, want: table.Input{Format: "parquet"}, columns: "id created channel text team topic", rows: 1932},
	} {
		t.Run(c.name, func(t *testing.T) {
			shape, err := table.Look(t.Context(), kept(c.data), table.BlobName, c.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, shape.Input); diff != "" {
				t.Error(diff)
			}
			if got := strings.Join(shape.Layout.Names(), " "); got != c.columns {
				t.Errorf("columns %s", got)
			}
			rows, blank, err := table.Count(t.Context(), kept(c.data), table.BlobName, shape.Input)
			if err != nil || rows != c.rows || blank != int64(bytes.Count(c.data, []byte("\n\n"))) {
				t.Errorf("%d rows, %d blank lines, %v", rows, blank, err)
			}
		})
	}
}

// TestChoose finds columns by what clients write.
func TestChoose(t *testing.T) {
	shape, err := table.Look(t.Context(), kept([]byte("id,\"a, b\",c,3.5\n1,x,y,z\n2,x,y,z\n")), table.BlobName, table.Input{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		values []string
		want   []string
		err    *fault.Code
	}{
		{values: []string{"1"}, want: []string{"a, b"}},
		{values: []string{"2,1"}, want: []string{"c", "a, b"}},
		{values: []string{" [2, \"a, b\"] "}, want: []string{"c", "a, b"}},
		{values: []string{"a, b"}, want: []string{"a, b"}},
		{values: []string{"c, id"}, want: []string{"c", "id"}},
		{values: []string{"[\"3.5\"]"}, want: []string{"3.5"}},
		{values: []string{"c", "2"}, err: fault.ColumnsSyntax},
		{values: []string{"4"}, err: fault.ColumnsRange},
		{values: []string{"99999999999"}, err: fault.ColumnsSyntax},
		{values: []string{"C"}, err: fault.ColumnsUnknown},
		{values: []string{"3.5"}, err: fault.ColumnsSyntax},
		{values: []string{"1e3"}, err: fault.ColumnsSyntax},
		{values: []string{"[1.5]"}, err: fault.ColumnsSyntax},
		{values: []string{"[true]"}, err: fault.ColumnsSyntax},
		{values: []string{`[""]`}, err: fault.ColumnsSyntax},
		{err: fault.ColumnsRequired},
	} {
		choices, err := table.ParseChoices(c.values)
		var got []string
		if err == nil {
			got, err = shape.Choose(choices)
		}
		if diff := cmp.Diff(c.want, got); c.err == nil && (err != nil || diff != "") || c.err != nil && !fault.Is(err, c.err) {
			t.Errorf("%q: %v %v", c.values, got, err)
		}
	}
}

// TestReadOnly: a blob can't be written through its file system, and nothing else is there.
func TestReadOnly(t *testing.T) {
	fsys := kept([]byte("text"))
	f, err := fsys.Open(table.BlobName)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, create := fsys.Create("a")
	_, appended := fsys.Append("a")
	_, listed := fsys.ReadDir(".")
	_, written := f.Write([]byte("a"))
	for _, err := range []error{
		create, appended, listed, written, fsys.Rename("file", "a"), fsys.Link("file", "a"), fsys.Remove("file"), fsys.RemoveAll("file"), fsys.MkdirAll("a"), fsys.SyncDir("."), f.Sync(), f.Truncate(0),
	} {
		if !errors.Is(err, fs.ErrPermission) {
			t.Error(err)
		}
	}
	if _, err := fsys.Open("/etc/passwd"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if info, err := fsys.Stat(table.BlobName); err != nil || info.Size() != 4 || info.IsDir() {
		t.Errorf("%v %v", info, err)
	}
}

// TestPreview reads no more rows than it shows, and none of a table that is empty.
func TestPreview(t *testing.T) {
	const rows = "id,text\n1,a\n2,b\n3,c\n"
	for _, c := range []struct {
		data  string
		limit int
		want  string
	}{
		{rows, 2, `{"id":"1","text":"a"} {"id":"2","text":"b"}`},
		{rows, 5, `{"id":"1","text":"a"} {"id":"2","text":"b"} {"id":"3","text":"c"}`},
		{"id,text\n", 5, ""},
	} {
		page, err := table.Preview(t.Context(), kept([]byte(c.data)), table.BlobName, table.Output{Format: table.CSV, Delimiter: ","}, c.limit)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, row := range page.Rows {
			got = append(got, string(row))
		}
		if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
			t.Error(diff)
		}
	}
}

// TestNames: results never replace a column of the file.
func TestNames(t *testing.T) {
	shape, err := table.Look(t.Context(), kept([]byte("text,label\na,b\n")), table.BlobName, table.Input{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := table.ResultNames(shape.Layout, (&table.Config{}).Columns())
	if diff := cmp.Diff([]string{"predicted_label", "score", "labels", "scores", "error"}, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if name := (&table.Config{Name: "a.b.csv", Output: table.Output{Format: "xlsx"}}).ResultsName(); name != "a.b-results.xlsx" {
		t.Error(name)
	}
}

// TestSink runs the conformance suite: what crashes, is resumed and is written again gives the same output.
func TestSink(t *testing.T) {
	for _, format := range table.Formats {
		t.Run(format, func(t *testing.T) {
			const path = "/out/results"
			out := table.Output{Format: format}
			pipelinetest.Sink(t, pipelinetest.SinkCase{
				New: func(t testing.TB, fsys disk.FS) pipeline.Sink {
					s, err := table.NewSink(&table.Config{TopK: 2, Output: out}, path, pipeline.Env{FS: fsys}, nil)
					if err != nil {
						t.Fatal(err)
					}
					return s
				},
				Output: func(t testing.TB, d *pipelinetest.Disk) ([]byte, bool) {
					data := d.Get(path)
					if data == nil {
						return nil, false
					}
					page, err := table.Preview(t.Context(), kept(data), table.BlobName, out, 1000)
					if err != nil {
						t.Fatal(err)
					}
					var rows []byte
					for _, row := range page.Rows {
						rows = append(append(rows, row...), '\n')
					}
					return rows, true
				},
				Points: 10,
			})
		})
	}
}

// FuzzParseChoices: whatever a client writes is choices or an error with a code.
func FuzzParseChoices(f *testing.F) {
	for _, seed := range []string{"3", "[3]", "3,4", "a,b", `["a", 1]`, "-1", "3.5", `"a`, "[", "[[1]]", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		choices, err := table.ParseChoices([]string{value})
		if _, coded := fault.As(err); err != nil && !coded || err == nil && len(choices) == 0 {
			t.Errorf("%q: %v %v", value, choices, err)
		}
	})
}
