package expr

import (
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

func TestFilter(t *testing.T) {
	tests := []struct {
		code string
		fast bool
		keep string // one letter a row: + live, - dropped, x dead
	}{
		{`lang == "en"`, true, "+-+--"},
		{`"en" == lang`, true, "+-+--"},
		{`lang != "en"`, true, "-+-++"},
		{`lang in ["en", "fr"]`, true, "+-+-+"},
		{`lang not in ["en", "fr"]`, true, "-+-+-"},
		{`lang == nil`, true, "---+-"},
		{`subject != nil`, true, "+++-+"},
		{`subject >= "c"`, true, "--+-+"},
		{`subject < "b"`, true, "++---"},
		{`subject contains "e" or body startsWith "b"`, true, "++--+"},
		{`body endsWith "f"`, true, "----+"},
		{`stars >= 4`, true, "-+--+"},
		{`4 <= stars`, true, "-+--+"},
		{`stars == 3`, true, "---+-"},
		{`stars != 3`, true, "+++-+"},
		{`stars > 3.5`, true, "-+--+"},
		{`score < 0`, true, "---+-"},
		{`score > -2`, true, "++-++"},
		{`score <= -1.0`, true, "---+-"},
		{`paid`, true, "+--+-"},
		{`!paid`, true, "-++-+"},
		{`not (paid && stars > 2)`, true, "+++-+"},
		{`paid && lang == "en" || stars == 5`, true, "++---"},
		{`record.label == "bug"`, true, "+--+-"},
		{`label == "bug"`, true, "+--+-"},
		{`lower(subject) == "a"`, false, "+--x-"},
		{`lower(subject ?? "") == "a"`, false, "+----"},
		{`len(subject ?? "") + stars > 4`, false, "-+--+"},
		{`stars * 2 > 7`, false, "-+--+"},
		{`stars % 2 == 0`, false, "----+"},
		{`10 / stars > 3`, false, "+--+-"},
		{`10 % (stars - 1) == 0`, false, "x--+-"},
		{`subject matches "^[ac]$"`, false, "+-+--"},
		{`paid ? stars > 2 : lang == "de"`, false, "-+-+-"},
		{`true`, false, "+++++"},
		{`paid ?? true`, false, "+-++-"},
		{`(paid ?? false) and not (paid ?? false)`, false, "-----"},
		{`int(subject) > 0`, false, "xxxxx"},
	}
	for _, tt := range tests {
		t.Run(tt.code, func(t *testing.T) {
			f := NewFilter(code(tt.code))
			if _, err := f.Needs(sample().layout()); err != nil {
				t.Fatal(err)
			}
			if (f.when.fast != nil) != tt.fast {
				t.Errorf("fast is %v", f.when.fast != nil)
			}
			for _, slow := range []bool{false, true} {
				alloc := checked(t)
				b := sample().batch(alloc)
				if slow {
					f.when.fast = nil
				}
				if err := f.Process(ctx, b); err != nil {
					t.Fatal(err)
				}
				got := make([]byte, 0, b.Len())
				for _, o := range outcome(b) {
					got = append(got, map[string]byte{"live": '+', "dropped": '-', "record.expression": 'x'}[o])
				}
				if string(got) != tt.keep {
					t.Errorf("slow=%v: %s, want %s; %v", slow, got, tt.keep, b.Faults)
				}
				b.Record.Release()
			}
		})
	}
}

func TestFilterErrors(t *testing.T) {
	tests := []struct {
		code string
		want *fault.Code
		text string
	}{
		{`subject`, fault.ConfigExpr, "has to give true or false, and gives a text"},
		{`stars`, fault.ConfigExpr, "gives a number"},
		{`stars > "x"`, fault.ConfigExpr, "spec.yaml:3:13: config.expression: invalid operation: > (mismatched types int and string)\n    | stars > \"x\"\n    | ......^"},
		{`lan == "en"`, fault.ColumnsUnknown, `did you mean "lang"?`},
		{`lang == "en" and`, fault.ConfigExpr, "unexpected token EOF"},
		{`lang = "en"`, fault.ConfigExpr, "unexpected token"},
		{`nosuch(lang)`, fault.ConfigExpr, "unknown name nosuch"},
		{`lang matches "["`, fault.ConfigExpr, "missing closing ]"},
	}
	for _, tt := range tests {
		_, err := NewFilter(code(tt.code)).Needs(sample().layout())
		if !fault.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s:\n%v\nwant %s with\n%s", tt.code, err, tt.want.ID, tt.text)
		}
	}
}

func TestFilterTellsHowToCompareTextsWithNumbers(t *testing.T) {
	_, err := NewFilter(code(`subject > 2`)).Needs(sample().layout())
	if e, _ := fault.As(err); e == nil || !strings.Contains(e.Remedy(), "float(…)") {
		t.Errorf("got %v", err)
	}
}

func TestFilterBlockPlaces(t *testing.T) {
	c := Code{Text: "lang == \"en\" and\nstars >", At: fault.Where{File: "s.yaml", Line: 2, Column: 8}, Block: 5}
	_, err := NewFilter(c).Needs(sample().layout())
	if e, _ := fault.As(err); e == nil || e.Where.Line != 4 || e.Where.Column < 5 {
		t.Errorf("block: %v", err)
	}
	c.Block = -1
	_, err = NewFilter(c).Needs(sample().layout())
	if e, _ := fault.As(err); e == nil || e.Where.Line != 2 || e.Where.Column != 8 {
		t.Errorf("folded: %v", err)
	}
}

func TestFilterOfJSON(t *testing.T) {
	r := records{
		fields: []arrow.Field{jsonField("user.age"), jsonField("tags"), field("n", arrow.PrimitiveTypes.Int64)},
		rows: [][]any{
			{`30`, `["a","b"]`, 1}, {`"old"`, `[]`, 2}, {nil, nil, 3}, {`17.5`, `"a"`, nil},
		},
	}
	layout := r.layout()
	layout.Open, layout.Schema = true, arrow.NewSchema([]arrow.Field{jsonField("tags"), r.fields[2]}, nil)
	for c, want := range map[string]string{
		`user.age > 18`:              "live record.expression dropped dropped",
		`user.age == "old"`:          "dropped live dropped dropped",
		`"a" in tags`:                "live dropped dropped record.expression",
		`any(tags ?? [], # == "b")`:  "live dropped dropped dropped",
		`missing == nil`:             "live live live live",
		`n + user.age > 20`:          "live record.expression dropped dropped",
		`tags`:                       "record.expression record.expression dropped record.expression",
		`user?.age != nil and n < 3`: "live live dropped dropped",
		`record.user.age == 17.5`:    "dropped dropped dropped live",
	} {
		f := NewFilter(code(c))
		if _, err := f.Needs(layout); err != nil {
			t.Fatal(c, err)
		}
		b := r.batch(memory.NewGoAllocator())
		if err := f.Process(ctx, b); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(strings.Fields(want), outcome(b)); d != "" {
			t.Errorf("%s: %s %v", c, d, b.Faults)
		}
	}
}

// TestFastAgreesWithSlow draws conditions and records: the predicate and the program have to agree on every row.
func TestFastAgreesWithSlow(t *testing.T) {
	leaves := []string{
		`subject == "a"`, `subject != "b"`, `lang in ["a", "c"]`, `lang == "b"`, `lang != "a"`, `subject < "b"`, `subject >= "b"`, `lang > "a"`,
		`subject contains "a"`, `lang startsWith "a"`, `stars > 1`, `stars <= 2`, `stars != 2`, `stars == 1.0`, `score < 1.5`,
		`score >= -1`, `score == 0.5`, `2 > stars`, `paid`, `subject == nil`, `lang != nil`, `stars == nil`, `"a" == subject`,
	}
	texts := rapid.SampledFrom([]any{nil, "", "a", "b", "ab", "c"})
	rapid.Check(t, func(t *rapid.T) {
		var expression func(depth int) string
		expression = func(depth int) string {
			switch rapid.IntRange(0, 4).Draw(t, "shape") {
			case 0:
				if depth > 0 {
					return "(" + expression(depth-1) + " && " + expression(depth-1) + ")"
				}
			case 1:
				if depth > 0 {
					return "(" + expression(depth-1) + " or " + expression(depth-1) + ")"
				}
			case 2:
				if depth > 0 {
					return "not (" + expression(depth-1) + ")"
				}
			}
			return rapid.SampledFrom(leaves).Draw(t, "leaf")
		}
		c := expression(3)
		r := sample()
		r.rows = nil
		for range rapid.IntRange(1, 9).Draw(t, "rows") {
			r.rows = append(r.rows, []any{
				texts.Draw(t, "subject"), nil, texts.Draw(t, "lang"),
				rapid.SampledFrom([]any{nil, 0, 1, 2, 3}).Draw(t, "stars"), rapid.SampledFrom([]any{nil, -1.0, 0.5, 1.5, 2.0}).Draw(t, "score"),
				rapid.SampledFrom([]any{nil, true, false}).Draw(t, "paid"), nil, nil,
			})
		}
		f := NewFilter(code(c))
		if _, err := f.Needs(r.layout()); err != nil {
			t.Fatal(err)
		}
		if f.when.fast == nil {
			t.Fatalf("%s is not fast", c)
		}
		fast, slow := r.batch(memory.NewGoAllocator()), r.batch(memory.NewGoAllocator())
		if err := f.Process(ctx, fast); err != nil {
			t.Fatal(err)
		}
		f.when.fast = nil
		if err := f.Process(ctx, slow); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(outcome(slow), outcome(fast)); d != "" {
			t.Fatalf("%s over %v: %s", c, r.rows, d)
		}
	})
}
