package expr

import (
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

func TestText(t *testing.T) {
	missing := func(field string) string { return "record.text_missing " + field }
	tests := []struct {
		name, code string
		want       []string
		outcome    []string
	}{
		{"column", "subject", []string{"a", "", "c", "∅", "e"}, []string{"live", "live", "live", missing("subject"), "live"}},
		{"odd name", "Review Text", []string{"r0", "r1", "r2", "∅", "r4"}, []string{"live", "live", "live", missing("Review Text"), "live"}},
		{"odd name as member", `record["Review Text"]`, []string{"r0", "r1", "r2", "∅", "r4"}, []string{"live", "live", "live", missing("Review Text"), "live"}},
		{"dictionary", "lang", []string{"en", "de", "en", "∅", "fr"}, []string{"live", "live", "live", missing("lang"), "live"}},
		{"join", `subject + "\n" + body`, []string{"a\nb", "\nb", "∅", "∅", "e\nf"}, []string{"live", "live", missing("body"), missing("subject"), "live"}},
		{"join with dictionary", `lang + ": " + record.body`, []string{"en: b", "de: b", "∅", "∅", "fr: f"}, []string{"live", "live", missing("body"), missing("lang"), "live"}},
		{"program", `upper(subject) + body`, []string{"Ab", "b", "∅", "∅", "Ef"}, []string{"live", "live", missing("body"), missing("subject"), "live"}},
		{"default", `subject + (body ?? "")`, []string{"ab", "b", "c", "∅", "ef"}, []string{"live", "live", "live", missing("subject"), "live"}},
		{"conversion", `string(stars ?? 0)`, []string{"1", "5", "0", "3", "4"}, []string{"live", "live", "live", "live", "live"}},
		{"constant", `"x"`, []string{"x", "x", "x", "x", "x"}, []string{"live", "live", "live", "live", "live"}},
		{"variable", `let s = subject; s + s`, []string{"aa", "", "cc", "∅", "ee"}, []string{"live", "live", "live", missing("subject"), "live"}},
		{"method", `split(subject + "x", "x")[0]`, []string{"a", "", "c", "∅", "e"}, []string{"live", "live", "live", missing("subject"), "live"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			alloc := checked(t)
			s := NewText(code(tt.code), alloc)
			if _, err := s.Needs(sample().layout()); err != nil {
				t.Fatal(err)
			}
			b := sample().batch(alloc)
			defer func() { b.Record.Release() }()
			for range 2 { // a stage that is tried again does the same
				if err := s.Process(ctx, b); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(tt.want, values(b.Column(pipeline.ColText))); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(tt.outcome, outcome(b)); d != "" {
				t.Error(d)
			}
			if n := int(b.Record.NumCols()); n != len(sample().fields)+2 {
				t.Errorf("%d columns", n)
			}
		})
	}
}

func TestTextSkipsRowsThatAreNotLive(t *testing.T) {
	for _, c := range []string{"subject", "lang", `subject + "-" + lang`, `upper(subject)`} {
		t.Run(c, func(t *testing.T) {
			alloc := checked(t)
			s := NewText(code(c), alloc)
			if _, err := s.Needs(sample().layout()); err != nil {
				t.Fatal(err)
			}
			b := sample().batch(alloc)
			b.Drop(0)
			b.Drop(3)
			if err := s.Process(ctx, b); err != nil {
				t.Fatal(err)
			}
			defer b.Record.Release()
			col := b.Column(pipeline.ColText)
			for i, wantNull := range []bool{true, false, false, true, false} {
				if col.IsNull(i) != wantNull {
					t.Errorf("row %d: null is %v", i, col.IsNull(i))
				}
			}
			if len(b.Faults) != 0 || col.NullN() != 2 {
				t.Errorf("%d faults, %d nulls", len(b.Faults), col.NullN())
			}
		})
	}
}

func TestTextOfSlicedColumns(t *testing.T) {
	alloc := checked(t)
	for _, c := range []string{"subject", "lang", `subject + "-" + lang`} {
		s := NewText(code(c), alloc)
		if _, err := s.Needs(sample().layout()); err != nil {
			t.Fatal(err)
		}
		whole := sample().batch(alloc)
		b := &pipeline.Batch{Record: whole.Record.NewSlice(1, 5)}
		whole.Record.Release()
		b.Drop(0)
		if err := s.Process(ctx, b); err != nil {
			t.Fatal(err)
		}
		if got := values(b.Column(pipeline.ColText)); got[0] != "∅" || got[1][0] != "ce"[strings.IndexByte("sl", c[0])] {
			t.Errorf("%s: %q", c, got)
		}
		b.Record.Release()
	}
}

func TestTextReusesColumns(t *testing.T) {
	r := sample()
	r.rows = r.rows[:2]
	for _, name := range []string{"subject", "lang"} {
		s := NewText(code(name), nil)
		if _, err := s.Needs(r.layout()); err != nil {
			t.Fatal(err)
		}
		b := r.batch(memory.NewGoAllocator())
		if err := s.Process(ctx, b); err != nil {
			t.Fatal(err)
		}
		text, in := b.Column(pipeline.ColText).Data(), b.Column(name).Data()
		last := len(in.Buffers()) - 1
		if text.Buffers()[last] != in.Buffers()[last] {
			t.Errorf("%s was copied", name)
		}
		if text.DataType().ID() != in.DataType().ID() {
			t.Errorf("%s became %s", name, text.DataType())
		}
	}
}

func TestTextPlaces(t *testing.T) {
	for format, want := range map[string]string{
		"csv": "in.csv:14 field subject", "jsonl": "in.csv:14 field subject", "text": "in.csv:14 field subject",
		"parquet": "in.csv row 14 field subject", "xlsx": "in.csv row 14 field subject", "kafka": "in.csv offset 13 field subject",
	} {
		layout := sample().layout()
		layout.Format = format
		s := NewText(code("subject"), nil)
		if _, err := s.Needs(layout); err != nil {
			t.Fatal(err)
		}
		b := sample().batch(memory.NewGoAllocator())
		if err := s.Process(ctx, b); err != nil {
			t.Fatal(err)
		}
		if got := b.Faults[0].Err.Where.String(); got != want {
			t.Errorf("%s: %q, want %q", format, got, want)
		}
	}
}

func TestTextErrors(t *testing.T) {
	tests := []struct {
		code string
		want *fault.Code
		text string
	}{
		{"subjekt", fault.ColumnsUnknown, `spec.yaml:3:7: columns.unknown: there is no column "subjekt"; did you mean "subject"?`},
		{"Review Txt", fault.ColumnsUnknown, `did you mean "Review Text"?`},
		{"subject + bdy", fault.ColumnsUnknown, `spec.yaml:3:17: columns.unknown: there is no column "bdy"; did you mean "body"?`},
		{"stars", fault.ColumnsType, `the column "stars" holds numbers, and a text is needed`},
		{"paid", fault.ColumnsType, "true and false"},
		{"subject + stars", fault.ConfigExpr, "mismatched types string and int"},
		{"stars + 1", fault.ConfigExpr, "has to give a text, and gives a number"},
		{"subject +", fault.ConfigExpr, "unexpected token EOF"},
		{"record", fault.ConfigExpr, "stands for the whole record"},
		{"upperr(subject)", fault.ConfigExpr, "unknown name upperr"},
		{strings.Repeat("a", maxLength+1), fault.ConfigExpr, "bytes"},
		{"subject.first", fault.ConfigExpr, "string"},
	}
	for _, tt := range tests {
		_, err := NewText(code(tt.code), nil).Needs(sample().layout())
		if !fault.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%.40s: %.400v, want %s with %q", tt.code, err, tt.want.ID, tt.text)
		}
	}
}

func TestTextDefault(t *testing.T) {
	of := func(fields ...arrow.Field) *pipeline.Layout {
		return &pipeline.Layout{Format: "csv", Schema: arrow.NewSchema(fields, nil)}
	}
	text, number := arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64
	open := of(field("id", number))
	open.Open = true
	for _, tt := range []struct {
		name string
		in   *pipeline.Layout
		want string
	}{
		{"text", of(field("a", text), field("text", text)), "text"},
		{"the only one", of(field("id", number), field("review", dictionaryOfText)), "review"},
		{"open", open, "text"},
		{"several", of(field("a", text), field("b", text)), `columns.required: there is no column "text", and several hold texts: a, b`},
		{"none", of(field("id", number)), "columns.required: the input has no column of text; its columns are id"},
	} {
		fields, err := NewText(Code{}, nil).Needs(tt.in)
		switch {
		case err != nil && err.Error() != tt.want:
			t.Errorf("%s: %v", tt.name, err)
		case err == nil && fields[0].Name != tt.want:
			t.Errorf("%s: %v", tt.name, fields)
		}
	}
}

func TestTextOfJSON(t *testing.T) {
	r := records{
		fields: []arrow.Field{field("title", arrow.BinaryTypes.String), jsonField("user"), jsonField("n")},
		rows:   [][]any{{"a", `{"name":"Ann"}`, `3`}, {nil, `{}`, `"x"`}},
	}
	layout := r.layout()
	layout.Open, layout.Format = true, "jsonl"
	needs := func(text string) []arrow.Field {
		f, err := NewText(code(text), nil).Needs(layout)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if f := needs("user.name"); f[0].Name != "user.name" || pipeline.IsJSONText(f[0]) {
		t.Errorf("user.name asks for %v", f)
	}
	if f := needs("unknown"); f[0].Name != "unknown" || pipeline.IsJSONText(f[0]) {
		t.Errorf("unknown asks for %v", f)
	}
	if f := needs("Unknown Text"); f[0].Name != "Unknown Text" || pipeline.IsJSONText(f[0]) {
		t.Errorf("Unknown Text asks for %v", f)
	}
	if f := needs(`title + user.name`); len(f) != 2 || f[1].Name != "user.name" || !pipeline.IsJSONText(f[1]) {
		t.Errorf("title + user.name asks for %v", f)
	}
	if _, err := NewText(code("user"), nil).Needs(layout); !fault.Is(err, fault.ColumnsType) {
		t.Errorf("nested values as text: %v", err)
	}
	s := NewText(code(`n`), nil)
	if _, err := s.Needs(layout); !fault.Is(err, fault.ColumnsType) {
		t.Errorf("a value of any type as text: %v", err)
	}
	s = NewText(code(`n + ""`), nil)
	if _, err := s.Needs(layout); err != nil {
		t.Fatal(err)
	}
	b := r.batch(memory.NewGoAllocator())
	if err := s.Process(ctx, b); err != nil {
		t.Fatal(err)
	}
	if got := outcome(b); got[0] != "record.expression" || got[1] != "live" {
		t.Errorf("outcomes %v", got)
	}
	s = NewText(code(`user?.name ?? n`), nil)
	if _, err := s.Needs(layout); err != nil {
		t.Fatal(err)
	}
	b = r.batch(memory.NewGoAllocator())
	if err := s.Process(ctx, b); err != nil {
		t.Fatal(err)
	}
	// user.name was not in the batch: the number is no text.
	if got := outcome(b); got[0] != "record.type" || got[1] != "live" {
		t.Errorf("outcomes %v", got)
	}
}

func TestTextOfLargeStrings(t *testing.T) {
	alloc := checked(t)
	r := records{fields: []arrow.Field{field("t", arrow.BinaryTypes.LargeString)}, rows: [][]any{{"a"}, {nil}, {"c"}}}
	s := NewText(code("t"), alloc)
	if _, err := s.Needs(r.layout()); err != nil {
		t.Fatal(err)
	}
	b := r.batch(alloc)
	b.Drop(2)
	if err := s.Process(ctx, b); err != nil {
		t.Fatal(err)
	}
	defer b.Record.Release()
	if d := cmp.Diff([]string{"a", "∅", "∅"}, values(b.Column(pipeline.ColText))); d != "" {
		t.Error(d)
	}
	if _, ok := b.Column(pipeline.ColText).(*array.String); !ok {
		t.Error("not utf8")
	}
}

func TestTextAllocations(t *testing.T) {
	const rows = 8192
	r := sample()
	first := r.rows[0]
	r.rows = make([][]any, rows)
	for i := range r.rows {
		r.rows[i] = first
	}
	for _, c := range []string{"subject", "lang", `subject + "\n" + body`} {
		s := NewText(code(c), nil)
		if _, err := s.Needs(r.layout()); err != nil {
			t.Fatal(err)
		}
		b := r.batch(memory.NewGoAllocator())
		allocs := testing.AllocsPerRun(20, func() {
			if err := s.Process(ctx, b); err != nil {
				t.Fatal(err)
			}
		})
		if allocs > 40 {
			t.Errorf("%s: %.0f allocations a batch of %d", c, allocs, rows)
		}
	}
}

func BenchmarkText(bm *testing.B) {
	for name, c := range map[string]string{"column": "lang", "join": `subject + "\n" + body`, "program": `lang + upper(body)`} {
		bm.Run(name, func(bm *testing.B) {
			r := sample()
			first := r.rows[0]
			first[1] = strings.Repeat("a text of eighty bytes ", 4)[:80]
			r.rows = make([][]any, 8192)
			for i := range r.rows {
				r.rows[i] = first
			}
			s := NewText(code(c), nil)
			if _, err := s.Needs(r.layout()); err != nil {
				bm.Fatal(err)
			}
			b := r.batch(memory.NewGoAllocator())
			bm.ReportAllocs()
			for bm.Loop() {
				_ = s.Process(ctx, b)
			}
			bm.ReportMetric(float64(bm.Elapsed().Nanoseconds())/float64(bm.N)/float64(b.Len()), "ns/record")
		})
	}
}
