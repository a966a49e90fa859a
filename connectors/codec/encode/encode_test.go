package encode_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/connectors/codec/encode"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

var update = flag.Bool("update", false, "rewrite golden files")

var formats = []struct {
	name string
	opts encode.Options
}{
	{"jsonl", encode.Options{Format: encode.JSONL}},
	{"csv", encode.Options{Format: encode.CSV}},
	{"tsv", encode.Options{Format: encode.CSV, Delimiter: '\t'}},
	{"safe.csv", encode.Options{Format: encode.CSV, Neutralize: true}},
	{"cells", encode.Options{Format: encode.Cells}},
}

// TestGolden writes every layout in every format.
func TestGolden(t *testing.T) {
	for _, in := range inputs() {
		for _, f := range formats {
			t.Run(in.name+"."+f.name, func(t *testing.T) {
				alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
				defer alloc.AssertSize(t, 0)
				b := in.batch(t, alloc)
				defer release(b)
				e := encode.New(in.layout, in.result, f.opts)
				got, faults, err := e.Append(append([]byte(nil), e.Header()...), b)
				if err != nil || faults != nil {
					t.Fatal(err, faults)
				}
				checkLines(t, f.opts.Format, got)
				golden(t, in.name+"."+f.name, got)
			})
		}
	}
}

func release(b *pipeline.Batch) {
	b.Record.Release()
	if b.Result != nil {
		b.Result.Release()
	}
}

// checkLines makes sure that what a golden file holds is JSON.
func checkLines(t *testing.T, f encode.Format, data []byte) {
	t.Helper()
	if f == encode.CSV {
		return
	}
	for line := range strings.Lines(string(data)) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestRows writes the selected rows alone, in every format.
func TestRows(t *testing.T) {
	for _, in := range inputs() {
		for _, f := range formats {
			b := in.batch(t, memory.DefaultAllocator)
			e := encode.New(in.layout, in.result, f.opts)
			var whole [][]byte
			for row := range b.Len() {
				b.Rows = []int32{int32(row)}
				one, _, err := e.Append(nil, b)
				if err != nil {
					t.Fatal(err)
				}
				whole = append(whole, one)
			}
			b.Rows = []int32{0, int32(b.Len() - 1)}
			got, _, err := e.Append([]byte("x"), b)
			if err != nil {
				t.Fatal(err)
			}
			want := "x" + string(whole[0]) + string(whole[b.Len()-1])
			if string(got) != want {
				t.Errorf("%s.%s: %q, want %q", in.name, f.name, got, want)
			}
			b.Rows = []int32{}
			if got, _, err := e.Append(nil, b); err != nil || got != nil {
				t.Errorf("no rows gave %q, %v", got, err)
			}
			release(b)
		}
	}
}

func TestNeed(t *testing.T) {
	raw, cols := pipeline.Need{Raw: true}, pipeline.Need{Columns: true}
	for _, c := range []struct {
		name string
		in   *pipeline.Layout
		opts encode.Options
		want pipeline.Need
	}{
		{"json to json", &pipeline.Layout{Raw: pipeline.RawJSON}, encode.Options{}, raw},
		{"json to csv", &pipeline.Layout{Raw: pipeline.RawJSON}, encode.Options{Format: encode.CSV}, cols},
		{"csv to json", csvLayout(','), encode.Options{}, cols},
		{"csv to csv", csvLayout(','), encode.Options{Format: encode.CSV}, raw},
		{"csv to csv, neutralized", csvLayout(','), encode.Options{Format: encode.CSV, Neutralize: true}, cols},
		{"semicolons stay", csvLayout(';'), encode.Options{Format: encode.CSV}, raw},
		{"semicolons to commas", csvLayout(';'), encode.Options{Format: encode.CSV, Delimiter: ','}, cols},
		{"tabs to csv", csvLayout('\t'), encode.Options{Format: encode.CSV}, cols},
		{"tabs to tsv", csvLayout('\t'), encode.Options{Format: encode.CSV, Delimiter: '\t'}, raw},
		{"csv to cells", csvLayout(','), encode.Options{Format: encode.Cells}, cols},
		{"text to json", &pipeline.Layout{Raw: pipeline.RawText}, encode.Options{}, cols},
	} {
		if got := encode.Need(c.in, c.opts); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func csvLayout(delimiter byte) *pipeline.Layout {
	return &pipeline.Layout{Raw: pipeline.RawCSV, CSV: &pipeline.Dialect{Delimiter: delimiter, LineEnd: "\n"}}
}

// TestFloats holds that numbers JSON can't have are null there.
func TestFloats(t *testing.T) {
	values := []float64{math.NaN(), math.Inf(1), math.Inf(-1), -0.5, 1e21, 123456789}
	build := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{
		{Name: "_offset", Type: arrow.PrimitiveTypes.Int64},
		{Name: "d", Type: arrow.PrimitiveTypes.Float64},
		{Name: "s", Type: arrow.PrimitiveTypes.Float32},
	}, nil))
	for i, v := range values {
		build.Field(0).(*array.Int64Builder).Append(int64(i))
		build.Field(1).(*array.Float64Builder).Append(v)
		build.Field(2).(*array.Float32Builder).Append(float32(v))
	}
	b := &pipeline.Batch{Record: build.NewRecordBatch()}
	in := &pipeline.Layout{Schema: arrow.NewSchema(b.Record.Schema().Fields()[1:], nil)}
	for _, c := range []struct {
		format encode.Format
		want   string
	}{
		{encode.JSONL, `{"d":null,"s":null}
{"d":null,"s":null}
{"d":null,"s":null}
{"d":-0.5,"s":-0.5}
{"d":1e+21,"s":1e+21}
{"d":123456789,"s":123456790}
`},
		{encode.CSV, "NaN,NaN\n+Inf,+Inf\n-Inf,-Inf\n-0.5,-0.5\n1e+21,1e+21\n123456789,123456790\n"},
		{encode.Cells, "[null,null]\n[null,null]\n[null,null]\n[-0.5,-0.5]\n[1e+21,1e+21]\n[123456789,123456790]\n"},
	} {
		got, _, err := encode.New(in, nil, encode.Options{Format: c.format}).Append(nil, b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, string(got)); diff != "" {
			t.Error(diff)
		}
	}
}

// TestInvalidUTF8 holds that JSON stays valid whatever bytes a column holds.
func TestInvalidUTF8(t *testing.T) {
	in := columns("parquet", text("te\"xt"), `[{"te\"xt": "a"}]`, nil, "")
	b := in.batch(t, memory.DefaultAllocator)
	bad := array.NewStringBuilder(memory.DefaultAllocator)
	bad.Append("a\xffb\x01")
	b.Record = array.NewRecordBatch(b.Record.Schema(), []arrow.Array{b.Record.Column(0), bad.NewArray()}, 1)
	got, _, err := encode.New(in.layout, nil, encode.Options{}).Append(nil, b)
	if err != nil || string(got) != "{\"te\\\"xt\":\"a\ufffdb\\u0001\"}\n" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestLongCells holds that a text no cell can hold rejects its row and no other.
func TestLongCells(t *testing.T) {
	long, wide := strings.Repeat("x", encode.MaxCell), strings.Repeat("😀", encode.MaxCell/2+1)
	rows := `[{"t": "` + long + `"}, {"t": "` + long + `y"}, {"t": "ok"}, {"t": "` + wide + `"}, {"t": "` + wide[4:] + `"}]`
	in := columns("parquet", text("t"), rows, nil, "")
	b := in.batch(t, memory.DefaultAllocator)
	got, faults, err := encode.New(in.layout, nil, encode.Options{Format: encode.Cells}).Append(nil, b)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(got), "\n"); n != 3 {
		t.Errorf("%d rows, want 3", n)
	}
	if len(faults) != 2 || faults[0].Row != 1 || faults[1].Row != 3 {
		t.Fatalf("faults: %v", faults)
	}
	want := "in.parquet offset 1 field t: record.too_large: column \"t\" holds more than 32767 characters, which is what a cell of a sheet holds\n" +
		"  fix: write to .csv, .jsonl or .parquet instead"
	if diff := cmp.Diff(want, faults[0].Err.Explain()); diff != "" {
		t.Error(diff)
	}
}

// TestCutCells cuts a text that no cell can hold, at whole characters, and says so.
func TestCutCells(t *testing.T) {
	for _, text := range []string{strings.Repeat("x", encode.MaxCell+1), strings.Repeat("😀", encode.MaxCell), "y" + strings.Repeat("😀", encode.MaxCell)} {
		in := columns("parquet", arrow.NewSchema([]arrow.Field{{Name: "t", Type: utf8Type}}, nil), `[{"t": "`+text+`"}, {"t": "ok"}]`, nil, "")
		b := in.batch(t, memory.DefaultAllocator)
		got, faults, err := encode.New(in.layout, nil, encode.Options{Format: encode.Cells, Cut: true}).Append(nil, b)
		if err != nil || faults != nil {
			t.Fatal(err, faults)
		}
		first, second, _ := strings.Cut(string(got), "\n")
		var cells []string
		if err := json.Unmarshal([]byte(first), &cells); err != nil {
			t.Fatal(err)
		}
		units := len(utf16.Encode([]rune(cells[0])))
		mark := fmt.Sprintf(" [cut: the text has %d characters]", len(utf16.Encode([]rune(text))))
		kept, marked := strings.CutSuffix(cells[0], mark)
		if units > encode.MaxCell || units < encode.MaxCell-1 || !marked || !strings.HasPrefix(text, kept) || second != "[\"ok\"]\n" {
			t.Errorf("%d characters, %q, %q", units, cells[0][len(cells[0])-60:], second)
		}
	}
}

// TestBroken holds that batches which break the engine's contract are errors, not panics.
func TestBroken(t *testing.T) {
	for _, in := range inputs() {
		b := in.batch(t, memory.DefaultAllocator)
		none := *b
		none.Record = array.NewRecordBatch(arrow.NewSchema(b.Record.Schema().Fields()[:1], nil), b.Record.Columns()[:1], b.Record.NumRows())
		for _, f := range formats {
			e := encode.New(in.layout, in.result, f.opts)
			if _, _, err := e.Append(nil, &none); !fault.Is(err, fault.Internal) {
				t.Errorf("%s.%s without columns: %v", in.name, f.name, err)
			}
			if in.result != nil {
				unlabelled := *b
				unlabelled.Result = nil
				if _, _, err := e.Append(nil, &unlabelled); !fault.Is(err, fault.Internal) {
					t.Errorf("%s.%s without results: %v", in.name, f.name, err)
				}
			}
		}
		release(b)
	}
	raw := array.NewBinaryBuilder(memory.DefaultAllocator, arrow.BinaryTypes.Binary)
	raw.AppendNull()
	schema := arrow.NewSchema([]arrow.Field{{Name: pipeline.ColRaw, Type: arrow.BinaryTypes.Binary}}, nil)
	b := &pipeline.Batch{Record: array.NewRecordBatch(schema, []arrow.Array{raw.NewArray()}, 1)}
	for _, in := range []*pipeline.Layout{{Raw: pipeline.RawJSON, Schema: text()}, {Raw: pipeline.RawCSV, Schema: text(), CSV: &pipeline.Dialect{Delimiter: ','}}} {
		f := encode.JSONL
		if in.CSV != nil {
			f = encode.CSV
		}
		if _, _, err := encode.New(in, nil, encode.Options{Format: f}).Append(nil, b); !fault.Is(err, fault.Internal) {
			t.Errorf("null raw: %v", err)
		}
	}
}
