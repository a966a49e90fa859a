package file_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// tree writes files below a new folder, makes it the working directory, and returns to it at the end.
func tree(t *testing.T, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
}

func TestSeveralFiles(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		want  []string // _raw of all rows
		err   string
	}{
		{
			"in order",
			map[string]string{"in/b.csv": "id,text\n3,c\n", "in/a.csv": "id,text\n1,a\n2,b", "in/c.csv": "id,text\n", "in/d.csv": ""},
			[]string{"1,a\n", "2,b", "3,c\n"},
			"",
		},
		{
			"other columns",
			map[string]string{"in/a.csv": "id,text\n1,a\n", "in/b.csv": "id,body\n1,a\n"},
			nil,
			"in/b.csv: input.schema: the columns are id, body, but those of in/a.csv are id, text",
		},
		{
			"other formats",
			map[string]string{"in/a.csv": "id,text\n1,a\n", "in/b.txt": "id,body\n1,a\n"},
			nil,
			"in/b.txt: input.schema: the file is text, but in/a.csv is csv",
		},
		{
			"all empty",
			map[string]string{"in/a.jsonl": "", "in/b.jsonl": "\n\n"},
			nil,
			"in: input.empty: there is no record in the input",
		},
		{"fields of JSON may differ", map[string]string{"in/a.jsonl": `{"a":1}`, "in/b.jsonl": `{"b":1}`}, []string{`{"a":1}`, `{"b":1}`}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tree(t, tt.files)
			_, res := readAll(t, file.SourceConfig{Path: "in"}, func(p *pipeline.Projection) { p.Columns = nil })
			var raws []string
			for _, r := range res.Rows {
				raws = append(raws, strings.TrimPrefix(r.Values, "_raw="))
			}
			if d := cmp.Diff(tt.want, raws); d != "" {
				t.Error(d)
			}
			if got, _, _ := strings.Cut(res.Err, "\n"); got != tt.err {
				t.Errorf("error %q", got)
			}
		})
	}
}

func TestNotes(t *testing.T) {
	tests := []struct {
		name, file, content string
		columns             string
		notes               []string
	}{
		{"semicolons", "a.csv", "id;text\n1;a, b\n", "id text", []string{"a.csv: fields are separated by semicolons"}},
		{"no header", "a.csv", "1,good\n2,bad\n", "column_1 column_2", []string{
			"a.csv: the first row looks like data (it holds the number 1), so the columns are named column_1 and so on; header: true in a spec takes it for the header",
		}},
		{"blank name", "a.csv", "id,,text\n1,x,a\n", "id column_2 text", []string{"a.csv: column 2 has no name in the header and is called column_2"}},
		{"Windows-1252", "a.csv", "id,text\n1,caf\xe9\n", "id text", []string{
			"a.csv is not UTF-8 and is read as windows-1252; --encoding (encoding: in a spec) sets another",
		}},
		{"content of an unknown ending", "a.dat", "id,text\n1,a\n", "id text", []string{
			"by its content, a.dat is taken for csv; --input-format (format: in a spec) sets another",
		}},
		{"text of an unknown ending", "a.dat", "Dear all, thanks\nfor nothing\n", "text", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tree(t, map[string]string{tt.file: tt.content})
			layout, res := readAll(t, file.SourceConfig{Path: tt.file}, nil)
			if res.Err != "" {
				t.Fatal(res.Err)
			}
			if got := strings.Join(layout.Names(), " "); got != tt.columns {
				t.Errorf("columns %s", got)
			}
			if d := cmp.Diff(tt.notes, layout.Notes); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestEncodings(t *testing.T) {
	tests := []struct{ name, encoding, content, want string }{
		{"Windows-1252", "", "na\xefve \x80\n", "naïve €"},
		{"UTF-16LE", "", "\xff\xfea\x00\xe9\x00\x3d\xd8\x00\xde\n\x00", "aé😀"},
		{"UTF-16BE", "", "\xfe\xff\x00a\x00\xe9\xd8\x3d\xde\x00\x00\n", "aé😀"},
		{"UTF-16 by name", "utf-16", "\xfe\xff\x00a\x00\n", "a"},
		{"UTF-16 without mark", "utf-16le", "a\x00\n\x00", "a"},
		{"Latin-1", "latin-1", "caf\xe9\n", "café"},
		{"Cyrillic", "windows-1251", "\xcf\xf0\xe8\xe2\xe5\xf2\n", "Привет"},
		{"Japanese", "shift_jis", "\x93\xfa\x96\x7b\n", "日本"},
		{"Chinese", "gbk", "\xd6\xd0\xce\xc4\n", "中文"},
		{"mark of UTF-8", "", "\xef\xbb\xbfcaf\u00e9\n", "café"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, res := readAll(t, file.SourceConfig{Path: write(t, "a.txt", tt.content), Encoding: tt.encoding}, func(p *pipeline.Projection) { p.Raw = false })
			if len(res.Rows) != 1 || res.Rows[0].Values != "text="+tt.want || res.Err != "" {
				t.Errorf("%+v", res)
			}
		})
	}
}

// TestIdleFields refuses what would otherwise be ignored: somebody meant it.
func TestIdleFields(t *testing.T) {
	csv, line := "a,b\n1,2\n", "{\"text\":\"x\"}\n"
	for _, tt := range []struct {
		name, content string
		cfg           file.SourceConfig
		want          string // the field; empty: it has a meaning
	}{
		{"a.jsonl", line, file.SourceConfig{Delimiter: ","}, "delimiter"},
		{"a.jsonl", line, file.SourceConfig{Sheet: "Data"}, "sheet"},
		{"a.jsonl", line, file.SourceConfig{Header: "false"}, "header"},
		{"a.txt", "x\n", file.SourceConfig{Columns: []string{"text"}}, "columns"},
		{"a.csv", csv, file.SourceConfig{Sheet: "Data"}, "sheet"},
		{"a.csv", csv, file.SourceConfig{Delimiter: ",", Header: "true", Columns: []string{"x", "y"}, Encoding: "utf-8"}, ""},
		{"a.tsv", csv, file.SourceConfig{Delimiter: ","}, ""},
		{"a.jsonl", line, file.SourceConfig{Header: "auto", Encoding: "auto"}, ""},
	} {
		tt.cfg.Path = write(t, tt.name, tt.content)
		s, err := tt.cfg.NewSource(pipeline.Env{FS: disk.OS{}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Layout(t.Context())
		if tt.want == "" && err != nil || tt.want != "" && (!fault.Is(err, fault.ConfigField) || !strings.Contains(err.Error(), ", and "+tt.want+" says nothing")) {
			t.Errorf("%s with %+v: %v", tt.name, tt.cfg, err)
		}
	}
}

func TestConfigCheck(t *testing.T) {
	bad := file.SourceConfig{Format: "jsnl", Compression: "rar", Encoding: "klingon", Delimiter: "ab", Header: "yes", MaxInflated: -1}
	var paths []string
	for _, e := range fault.List(bad.Check()) {
		paths = append(paths, e.Where.Path+" "+e.Code.ID)
	}
	want := []string{
		"path config.missing", "format config.field", "compression config.field", "header config.field",
		"encoding config.field", "delimiter config.field", "max_inflated config.field",
	}
	if d := cmp.Diff(want, paths); d != "" {
		t.Error(d)
	}
	if _, err := bad.NewSource(pipeline.Env{}); err == nil {
		t.Error("a bad config made a source")
	}
	good := file.SourceConfig{Path: "x", Format: "csv", Compression: "zstd", Encoding: "utf-16", Delimiter: "tab", Header: "true"}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
}

func TestChangedWhileRead(t *testing.T) {
	path := write(t, "a.txt", strings.Repeat("line\n", 100))
	s := newSource(t, file.SourceConfig{Path: path})
	splits, err := s.Splits(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := pipeline.Projection{Rows: 50, Bytes: 1 << 20, Alloc: memory.DefaultAllocator}
	r, err := s.Open(context.Background(), splits[0], pipeline.Position{Byte: -1}, want)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Now(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for err == nil {
		var b *pipeline.Batch
		if b, err = r.Next(context.Background()); err == nil {
			b.Record.Release()
		}
	}
	if !fault.Is(err, fault.InputChanged) {
		t.Error(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := s.Open(context.Background(), splits[0], pipeline.Position{Byte: -1}, want); !fault.Is(err, fault.InputChanged) {
		t.Error(err)
	}
}

// flaky is a file system whose files fail at a byte, once each time that they are opened, until it is healed.
type flaky struct {
	disk.OS
	at     int64
	healed bool
}

func (f *flaky) Open(name string) (disk.File, error) {
	file, err := f.OS.Open(name)
	return &flakyFile{File: file, fs: f}, err
}

type flakyFile struct {
	disk.File
	fs  *flaky
	pos int64
}

func (f *flakyFile) Read(p []byte) (int, error) {
	left := f.fs.at - f.pos
	if !f.fs.healed && left <= 0 {
		return 0, errors.New("input/output error")
	}
	if !f.fs.healed && int64(len(p)) > left {
		p = p[:left]
	}
	n, err := f.File.Read(p)
	f.pos += int64(n)
	return n, err
}

func TestTransientReadError(t *testing.T) {
	path := write(t, "a.txt", strings.Repeat("0123456789\n", 20_000))
	fsys := &flaky{at: 150_000, healed: true}
	src, err := (&file.SourceConfig{Path: path}).NewSource(pipeline.Env{FS: fsys})
	if err != nil {
		t.Fatal(err)
	}
	splits, err := src.Splits(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	fsys.healed = false
	want := pipeline.Projection{Rows: 1000, Bytes: 1 << 20, Alloc: memory.DefaultAllocator}
	at, rows := pipeline.Position{Byte: -1}, 0
	for range 2 {
		r, err := src.Open(context.Background(), splits[0], at, want)
		if err != nil {
			t.Fatal(err)
		}
		for {
			var b *pipeline.Batch
			if b, err = r.Next(context.Background()); err != nil {
				break
			}
			rows += b.Len()
			at = b.Next
			b.Record.Release()
		}
		if !fsys.healed && (!fault.Is(err, fault.InputRead) || fault.FateOf(err) != fault.Transient) {
			t.Error(err)
		}
		if fsys.healed && err != io.EOF {
			t.Error(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		fsys.healed = true
	}
	if rows != 20_000 {
		t.Errorf("%d rows", rows)
	}
}
