package file_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// row is one record as a test sees it: offset, values by column, and the fault of a rejected one.
type row struct {
	Offset int64
	Values string
	Fault  string
}

// result is what reading gave.
type result struct {
	Rows  []row
	Blank int64
	Err   string
}

func newSource(t testing.TB, cfg file.SourceConfig) *file.Source {
	t.Helper()
	s, err := cfg.NewSource(pipeline.Env{FS: disk.OS{}})
	if err != nil {
		t.Fatal(err)
	}
	return s.(*file.Source)
}

// everything projects all columns of a layout, and _raw.
func everything(l *pipeline.Layout, alloc memory.Allocator) pipeline.Projection {
	return pipeline.Projection{Columns: l.Schema.Fields(), Raw: l.Raw != pipeline.RawNone, Rows: 4096, Bytes: 1 << 20, Alloc: alloc}
}

// readSplit reads a split from a position to its end, and returns the positions after each batch.
func readSplit(t testing.TB, s *file.Source, split *pipeline.Split, from pipeline.Position, want pipeline.Projection) (res result, next []pipeline.Position) {
	t.Helper()
	ctx := context.Background()
	r, err := s.Open(ctx, split, from, want)
	if err != nil {
		res.Err = explain(err)
		return res, nil
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	at := from.Offset
	for {
		b, err := r.Next(ctx)
		if err != nil {
			if !errors.Is(err, io.EOF) {
				res.Err = explain(err)
			}
			return res, next
		}
		if b.First != at {
			t.Fatalf("a batch begins at %d, the one before ended at %d", b.First, at)
		}
		at = b.Next.Offset
		if err := s.Decode(ctx, b, want); err != nil {
			t.Fatal(err)
		}
		res.Blank += b.Blank
		res.Rows = append(res.Rows, rowsOf(b)...)
		next = append(next, b.Next)
		b.Record.Release()
	}
}

// explain is an error as users see it.
func explain(err error) string {
	if e, ok := fault.As(err); ok {
		return e.Explain()
	}
	return err.Error()
}

func rowsOf(b *pipeline.Batch) []row {
	faults := map[int]string{}
	for _, f := range b.Faults {
		faults[f.Row] = f.Err.Explain()
	}
	var rows []row
	for i := range b.Len() {
		var values []string
		for c, f := range b.Record.Schema().Fields() {
			if c == 0 {
				continue
			}
			v := b.Record.Column(c).ValueStr(i)
			if bin, ok := b.Record.Column(c).(*array.Binary); ok && !bin.IsNull(i) {
				v = string(bin.Value(i))
			}
			values = append(values, f.Name+"="+v)
		}
		rows = append(rows, row{b.Offsets()[i], strings.Join(values, " "), faults[i]})
	}
	return rows
}

// readAll reads a source whole.
func readAll(t testing.TB, cfg file.SourceConfig, change func(*pipeline.Projection)) (*pipeline.Layout, result) {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer alloc.AssertSize(t, 0)
	s := newSource(t, cfg)
	ctx := context.Background()
	layout, err := s.Layout(ctx)
	if err != nil {
		return nil, result{Err: explain(err)}
	}
	splits, err := s.Splits(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := everything(layout, alloc)
	if change != nil {
		change(&want)
	}
	var all result
	for _, split := range splits {
		res, _ := readSplit(t, s, split, pipeline.Position{Offset: split.Start, Byte: -1}, want)
		all.Rows = append(all.Rows, res.Rows...)
		all.Blank += res.Blank
		if res.Err != "" {
			all.Err = res.Err
			return layout, all
		}
	}
	return layout, all
}

func write(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFormats(t *testing.T) {
	tests := []struct {
		name, file, content string
		want                result
		columns             string
	}{
		{"jsonl", "a.jsonl", "\xef\xbb\xbf{\"text\":\"a\",\"n\":1}\n\n  \r\n{\"text\":\"b\"}\r\n{\"n\":2}", result{Rows: []row{
			{0, "_raw={\"text\":\"a\",\"n\":1}\n text=a n=1", ""},
			{3, "_raw={\"text\":\"b\"}\r\n text=b n=(null)", ""},
			{4, `_raw={"n":2} text=(null) n=2`, ""},
		}, Blank: 2}, "text: type=utf8, nullable n: type=int64, nullable"},
		{"csv", "a.csv", "id,text\n1,\"a\r\nb \"\"c\"\"\"\n\n2,\r\n3,\"x,y\"", result{Rows: []row{
			{1, "_raw=1,\"a\r\nb \"\"c\"\"\"\n id=1 text=a\r\nb \"c\"", ""},
			{4, "_raw=2,\r\n id=2 text=", ""},
			{5, `_raw=3,"x,y" id=3 text=x,y`, ""},
		}, Blank: 1}, "id: type=utf8, nullable\n    metadata: [\"looks\": \"number\"] text: type=utf8, nullable"},
		{"text", "a.txt", "one\n\ntwo, three\r\n\tfour", result{Rows: []row{
			{0, "_raw=one\n text=one", ""},
			{2, "_raw=two, three\r\n text=two, three", ""},
			{3, "_raw=\tfour text=\tfour", ""},
		}, Blank: 1}, "text: type=utf8, nullable"},
		{"tsv", "a.tsv", "id\ttext\n1\ta b\n", result{Rows: []row{{1, "_raw=1\ta b\n id=1 text=a b", ""}}}, "id: type=utf8, nullable\n    metadata: [\"looks\": \"number\"] text: type=utf8, nullable"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			layout, got := readAll(t, file.SourceConfig{Path: write(t, tt.file, tt.content)}, nil)
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(tt.columns, fieldList(layout.Schema)); d != "" {
				t.Error(d)
			}
		})
	}
}

func fieldList(s *arrow.Schema) string {
	var list []string
	for _, f := range s.Fields() {
		list = append(list, f.String())
	}
	return strings.Join(list, " ")
}

// TestLateType: what does not fit the type that the first records gave a column is a bad row; text columns that the
// schema does not know take what is text.
func TestLateType(t *testing.T) {
	text := strings.Repeat("{\"text\":\"a\",\"n\":1}\n", 10_000) + "{\"text\":7,\"n\":1}\n{\"text\":\"b\",\"n\":\"one\"}\n"
	_, res := readAll(t, file.SourceConfig{Path: write(t, "a.jsonl", text)}, func(p *pipeline.Projection) { p.Raw = false })
	var faults []string
	for _, r := range res.Rows {
		if r.Fault != "" {
			_, fault, _ := strings.Cut(r.Fault, "a.jsonl:")
			fault, _, _ = strings.Cut(fault, "\n")
			faults = append(faults, fault)
		}
	}
	want := []string{
		"10001 offset 10000 field text: record.type: the value is a number where the column takes a string",
		"10002 offset 10001 field n: record.type: the value is a string where the column takes an integer",
	}
	if d := cmp.Diff(want, faults); d != "" {
		t.Error(d)
	}
}

func TestDescribe(t *testing.T) {
	path := write(t, "a.csv", "id,text\n1,a\n")
	s := newSource(t, file.SourceConfig{Path: path})
	if got := s.Describe(); got != "file "+path {
		t.Error(got)
	}
	if _, err := s.Layout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.Describe(); got != "file "+path+" (csv)" {
		t.Error(got)
	}
	if got := newSource(t, file.SourceConfig{Path: "-"}).Describe(); got != "standard input" {
		t.Error(got)
	}
	for name, open := range map[string]func() error{
		"a split of another source": func() error {
			_, err := s.Open(t.Context(), &pipeline.Split{ID: "b.csv"}, pipeline.Position{}, pipeline.Projection{})
			return err
		},
		"a column that is not there": func() error {
			splits, _ := s.Splits(t.Context())
			_, err := s.Open(t.Context(), splits[0], pipeline.Position{}, pipeline.Projection{Columns: []arrow.Field{{Name: "body", Type: arrow.BinaryTypes.String}}})
			return err
		},
		"a position behind the end": func() error {
			splits, _ := s.Splits(t.Context())
			_, err := s.Open(t.Context(), splits[0], pipeline.Position{Offset: 100, Byte: -1}, pipeline.Projection{})
			return err
		},
	} {
		if _, ok := fault.As(open()); !ok {
			t.Errorf("%s: %v", name, open())
		}
	}
}

func TestSheets(t *testing.T) {
	book := workbook(t, "a.xlsx", [][]any{{"id", "text"}, {1, "a"}})
	layout, res := readAll(t, file.SourceConfig{Path: book}, nil)
	if res.Err != "" || layout.Format != "xlsx" || len(res.Rows) != 1 || res.Rows[0].Values != "id=1 text=a" {
		t.Errorf("%+v", res)
	}
	empty := workbook(t, "b.xlsx", [][]any{{"id", "text"}})
	if _, res = readAll(t, file.SourceConfig{Path: empty}, nil); !strings.Contains(res.Err, "input.empty") {
		t.Error(res.Err)
	}
	other := workbook(t, "c.xlsx", [][]any{{"id", "body"}, {1, "a"}})
	dir := t.TempDir()
	for i, path := range []string{book, empty, other} {
		if err := os.Rename(path, filepath.Join(dir, string(rune('a'+i))+".xlsx")); err != nil {
			t.Fatal(err)
		}
	}
	if _, res = readAll(t, file.SourceConfig{Path: dir}, nil); !strings.Contains(res.Err, "input.schema: the columns are id, body, but those of "+dir+"/a.xlsx are id, text") {
		t.Error(res.Err)
	}
}
