package answer

import (
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// column makes a column of one row out of JSON.
func column(t testing.TB, typ arrow.DataType, value string) arrow.Array {
	t.Helper()
	col, _, err := array.FromJSON(memory.DefaultAllocator, typ, strings.NewReader("["+value+"]"))
	if err != nil {
		t.Fatal(err)
	}
	return col
}

func TestAnswers(t *testing.T) {
	text, list := arrow.BinaryTypes.String, arrow.ListOf(arrow.BinaryTypes.String)
	scores := arrow.ListOf(arrow.StructOf(
		arrow.Field{Name: "label", Type: arrow.BinaryTypes.String}, arrow.Field{Name: "confidence", Type: arrow.PrimitiveTypes.Float32, Nullable: true},
	))
	unknown := math.NaN()
	cases := []struct {
		name   string
		typ    arrow.DataType
		value  string
		want   []given
		isList bool
	}{
		{"a text", text, `"spam"`, []given{{"spam", unknown}}, false},
		{"null", text, `null`, nil, false},
		{"an empty text", text, `""`, nil, false},
		{"a number", arrow.PrimitiveTypes.Int64, `7`, []given{{"7", unknown}}, false},
		{"a dictionary", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: text}, `"spam"`, []given{{"spam", unknown}}, false},
		{"a list", list, `["a","b"]`, []given{{"a", unknown}, {"b", unknown}}, true},
		{"an empty list", list, `[]`, nil, true},
		{"a list as JSON", text, `"[\"a\",\"b\"]"`, []given{{"a", unknown}, {"b", unknown}}, true},
		{"scores", scores, `[{"label":"a","confidence":0.25},{"label":"b","confidence":0.5}]`, []given{{"b", 0.5}, {"a", 0.25}}, true},
		{"scores as JSON", text, `"[{\"label\":\"a\",\"confidence\":0.25},{\"label\":\"b\",\"confidence\":0.5},{\"label\":\"c\"}]"`, []given{{"b", 0.5}, {"a", 0.25}, {"c", unknown}}, true},
		{"what only begins like a list", text, `"[sic] {a}"`, []given{{"[sic] {a}", unknown}}, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, isList, err := answers(column(t, c.typ, c.value), 0)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, cmpopts.EquateNaNs()); diff != "" || isList != c.isList {
				t.Errorf("a list %v\n%s", isList, diff)
			}
		})
	}
}

func TestBadAnswers(t *testing.T) {
	text := arrow.BinaryTypes.String
	for value, want := range map[string]string{
		`"[{\"name\":\"a\"}]"`:                         "holds no labels",
		`"[{\"label\":\"a\",\"confidence\":1.5}]"`:     `"1.5" is no number from 0 to 1`,
		`"[{\"label\":\"a\",\"confidence\":\"big\"}]"`: "can't be read",
	} {
		_, _, err := answers(column(t, text, value), 0)
		if !fault.Is(err, fault.EvalValue) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", value, err)
		}
	}
	for _, c := range []struct {
		typ   arrow.DataType
		value string
	}{{arrow.PrimitiveTypes.Float64, "-0.1"}, {arrow.PrimitiveTypes.Float32, "2"}, {text, `"NaN"`}, {text, `"high"`}, {text, "null"}, {arrow.PrimitiveTypes.Int64, "7"}} {
		if v, err := confidence(column(t, c.typ, c.value), 0); !fault.Is(err, fault.EvalValue) {
			t.Errorf("%s %s is taken for the confidence %v", c.typ, c.value, v)
		}
	}
	for _, c := range []struct {
		typ   arrow.DataType
		value string
	}{{arrow.PrimitiveTypes.Float64, "0.5"}, {text, `" 0.5 "`}, {arrow.PrimitiveTypes.Float32, "0.5"}} {
		if v, err := confidence(column(t, c.typ, c.value), 0); err != nil || v != 0.5 {
			t.Errorf("%s %s is %v, %v", c.typ, c.value, v, err)
		}
	}
}

func TestBesides(t *testing.T) {
	for name, want := range map[string][]string{
		"label": {"confidence", "confidence"}, "predicted_label": {"predicted_confidence", "confidence"}, "answer": nil,
	} {
		if diff := cmp.Diff(want, besides(name)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// FuzzAnswers looks for texts that make reading a list fail in other ways than with a coded error.
func FuzzAnswers(f *testing.F) {
	for _, s := range []string{"spam", `["a"]`, `[{"label":"a","confidence":0.5}]`, `[{"label":null}]`, `[[{}]]`, "[{", "\xff["} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b := array.NewStringBuilder(memory.DefaultAllocator)
		defer b.Release()
		b.Append(s)
		all, _, err := answers(b.NewArray(), 0)
		if _, coded := fault.As(err); err != nil && !coded {
			t.Fatalf("%q: %v", s, err)
		}
		for i, g := range all {
			if g.Confidence < 0 || g.Confidence > 1 || i > 0 && g.Confidence > all[i-1].Confidence {
				t.Fatalf("%q: %v", s, all)
			}
		}
	})
}
