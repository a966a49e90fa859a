package redact

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// secrets finds the words SECRET, as type "secret", and 4711, as type "pin".
type secrets struct{}

func (secrets) About() classify.ExtractorInfo {
	return classify.ExtractorInfo{Types: []string{"secret", "pin"}}
}

func (secrets) Find(dst []classify.Span, text string) []classify.Span {
	for at := 0; at < len(text); {
		switch {
		case strings.HasPrefix(text[at:], "SECRET"):
			dst = append(dst, classify.Span{Start: int32(at), End: int32(at + 6), Confidence: 1})
			at += 6
		case strings.HasPrefix(text[at:], "4711"):
			dst = append(dst, classify.Span{Start: int32(at), End: int32(at + 4), Type: 1, Confidence: 1})
			at += 4
		default:
			at++
		}
	}
	return dst
}

func rewriterOf(in *pipeline.Layout, fields ...string) *rewriter {
	r := &redaction{in: in, masker: newMasker(secrets{}, nil), where: newSelection(fields), alloc: memory.NewGoAllocator()}
	return &rewriter{redaction: r, find: r.masker.finder()}
}

func TestRawJSON(t *testing.T) {
	cases := []struct{ name, fields, in, want string }{
		{"a field", "text", `{"id": 1, "text": "my SECRET is", "other": "SECRET"}`, `{"id": 1, "text": "my [SECRET] is", "other": "SECRET"}`},
		{"bytes stay", "text", ` { "text" : "é\u00e9\/" , "n":1.50 } ` + "\n", ` { "text" : "é\u00e9\/" , "n":1.50 } ` + "\n"},
		{"escapes hide nothing", "text", `{"text":"S\u0045CRET \"4711\""}`, `{"text":"[SECRET] \"[PIN]\""}`},
		{"escaped names", "text", `{"te\u0078t":"SECRET"}`, `{"te\u0078t":"[SECRET]"}`},
		{"a nested field", "user.comment", `{"user":{"name":"SECRET","comment":"SECRET"},"comment":"SECRET"}`, `{"user":{"name":"SECRET","comment":"[SECRET]"},"comment":"SECRET"}`},
		{"a field with everything in it", "user", `{"user":{"a":["SECRET",{"b":"SECRET","c":4711}]},"x":["SECRET"]}`, `{"user":{"a":["[SECRET]",{"b":"[SECRET]","c":"[PIN]"}]},"x":["SECRET"]}`},
		{"lists of objects", "items.note", `{"items":[{"note":"SECRET"},{"note":["SECRET"],"x":"SECRET"}]}`, `{"items":[{"note":"[SECRET]"},{"note":["[SECRET]"],"x":"SECRET"}]}`},
		{"numbers", "text", `{"text":4711,"n":4711,"b":true,"z":null}`, `{"text":"[PIN]","n":4711,"b":true,"z":null}`},
		{"all", "*", `{"a":"SECRET","_b":{"c":[4711,"x"]},"d":[]}`, `{"a":"[SECRET]","_b":{"c":["[PIN]","x"]},"d":[]}`},
		{"a field that comes twice", "text", `{"text":"SECRET","text":"SECRET"}`, `{"text":"[SECRET]","text":"[SECRET]"}`},
		{"braces in texts", "text", `{"a":{"b":"}]\"{"},"text":"SECRET"}`, `{"a":{"b":"}]\"{"},"text":"[SECRET]"}`},
		{"nothing", "text", `{}`, `{}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := rewriterOf(&pipeline.Layout{Raw: pipeline.RawJSON, Open: true}, c.fields)
			got, err := w.raw([]byte("before "), []byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff("before "+c.want, string(got)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestRawCSV(t *testing.T) {
	layout := &pipeline.Layout{
		Raw: pipeline.RawCSV, CSV: &pipeline.Dialect{Delimiter: ';'},
		Schema: arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.BinaryTypes.String}, {Name: "text", Type: arrow.BinaryTypes.String}}, nil),
	}
	for in, want := range map[string]string{
		"SECRET;my SECRET\r\n":              "SECRET;my [SECRET]\r\n",
		"1;\"a \"\"SECRET\"\"; b\nSECRET\"": "1;\"a \"\"[SECRET]\"\"; b\n[SECRET]\"",
		"1;\"plain; \"\"quoted\"\"\"\n":     "1;\"plain; \"\"quoted\"\"\"\n",
		"1;\n":                              "1;\n",
		"\"SECRET\";\"SECRET\"\n":           "\"SECRET\";\"[SECRET]\"\n",
	} {
		got, err := rewriterOf(layout, "text").raw(nil, []byte(in))
		if err != nil || string(got) != want {
			t.Errorf("%q: got %q (%v), want %q", in, got, err, want)
		}
	}
}

func TestRawText(t *testing.T) {
	got, err := rewriterOf(&pipeline.Layout{Raw: pipeline.RawText}, "text").raw(nil, []byte("a SECRET\n"))
	if err != nil || string(got) != "a [SECRET]\n" {
		t.Errorf("got %q (%v)", got, err)
	}
}

func TestHash(t *testing.T) {
	h := newMasker(secrets{}, []byte("key")).finder()
	one := h.text("SECRET and SECRET")
	parts := strings.Split(one, " and ")
	if len(parts) != 2 || parts[0] != parts[1] || len(parts[0]) != len("[SECRET:]")+hashDigits {
		t.Errorf("got %s", one)
	}
	other := newMasker(secrets{}, []byte("another")).finder().text("SECRET")
	if other == parts[0] {
		t.Error("the key does not matter")
	}
}

// viewOf is a batch with one column of each shape.
func viewOf(t *testing.T, alloc memory.Allocator, rows string) *pipeline.Batch {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "text", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "kept", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "number", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		{Name: "list", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true},
		{Name: "user", Type: arrow.StructOf(
			arrow.Field{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true},
			arrow.Field{Name: "note", Type: arrow.BinaryTypes.String, Nullable: true},
		), Nullable: true},
		{Name: "dict", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}, Nullable: true},
	}, nil)
	rec, _, err := array.RecordFromJSON(alloc, schema, strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	return &pipeline.Batch{Record: rec}
}

func TestColumns(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	view := viewOf(t, alloc, `[
		{"text":"a SECRET","kept":"SECRET","number":4711,"list":["SECRET","x"],"user":{"name":"SECRET","note":"SECRET"},"dict":"SECRET"},
		{"text":null,"kept":null,"number":1,"list":null,"user":null,"dict":null},
		{"text":"no","kept":"x","number":2,"list":[],"user":{"name":"n","note":null},"dict":"d"}]`)
	defer view.Record.Release()
	in := &pipeline.Layout{Schema: view.Record.Schema()}
	r := New(Config{Finder: secrets{}, Fields: []string{"text", "number", "list", "user.note", "dict"}, Alloc: alloc})
	plan, err := r.Plan(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		rows []int32
		want string
	}{
		{"all rows", nil, `[{"dict":"[SECRET]","kept":"SECRET","list":["[SECRET]","x"],"number":null,"text":"a [SECRET]","user":{"name":"SECRET","note":"[SECRET]"}},` +
			`{"dict":null,"kept":null,"list":null,"number":1,"text":null,"user":null},` +
			`{"dict":"d","kept":"x","list":[],"number":2,"text":"no","user":{"name":"n","note":null}}]`},
		{"one row", []int32{2}, `[{"dict":"[SECRET]","kept":"SECRET","list":["[SECRET]","x"],"number":4711,"text":null,"user":{"name":"SECRET","note":null}},` +
			`{"dict":null,"kept":null,"list":null,"number":1,"text":null,"user":null},` +
			`{"dict":"d","kept":"x","list":[],"number":2,"text":"no","user":{"name":"n","note":null}}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			view.Rows = c.rows
			record, result, err := plan.Redact(context.Background(), view)
			if err != nil || result != nil {
				t.Fatal(err, result)
			}
			defer record.Release()
			got, err := record.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(plain(t, c.want), plain(t, string(got))); d != "" {
				t.Error(d)
			}
		})
	}
}

func plain(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return v
}

func TestPlace(t *testing.T) {
	var p place
	p.of(newMasker(secrets{}, nil).finder(), "ä SECRET and 4711 end")
	for _, c := range []struct {
		start, end int
		want       pipeline.MovedEntity
	}{
		{2, 8, pipeline.MovedEntity{Text: "[SECRET]", Start: 2, End: 10, Hidden: true}},
		{0, 1, pipeline.MovedEntity{Text: "ä", Start: 0, End: 1}},
		{9, 12, pipeline.MovedEntity{Text: "and", Start: 11, End: 14}},
		{13, 17, pipeline.MovedEntity{Text: "[PIN]", Start: 15, End: 20, Hidden: true}},
		{18, 21, pipeline.MovedEntity{Text: "end", Start: 21, End: 24}},
		{4, 12, pipeline.MovedEntity{Text: "[SECRET] and", Start: 2, End: 14, Hidden: true}},
		{0, 21, pipeline.MovedEntity{Text: "ä [SECRET] and [PIN] end", Start: 0, End: 24, Hidden: true}},
	} {
		if d := cmp.Diff(c.want, p.entity(c.start, c.end)); d != "" {
			t.Errorf("[%d, %d): %s", c.start, c.end, d)
		}
	}
}

// TestExplanations leaves out the words that are hidden, and moves the others.
func TestExplanations(t *testing.T) {
	texts, _, err := array.FromJSON(memory.NewGoAllocator(), arrow.BinaryTypes.String, strings.NewReader(`["the SECRET plan","no"]`))
	if err != nil {
		t.Fatal(err)
	}
	of := arrow.ListOf(arrow.StructOf(
		arrow.Field{Name: "word", Type: arrow.BinaryTypes.String}, arrow.Field{Name: "weight", Type: arrow.PrimitiveTypes.Float32},
		arrow.Field{Name: "start", Type: arrow.PrimitiveTypes.Int32}, arrow.Field{Name: "end", Type: arrow.PrimitiveTypes.Int32},
	))
	if !pipeline.IsExplanation(of) {
		t.Fatal("that is not how explanations look")
	}
	column, _, err := array.FromJSON(memory.NewGoAllocator(), of, strings.NewReader(
		`[[{"word":"plan","weight":2,"start":11,"end":15},{"word":"SECRET","weight":-1,"start":4,"end":10},{"word":"the","weight":0.5,"start":0,"end":3}],null]`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := rewriterOf(new(pipeline.Layout)).explanations(texts, column.(*array.List)).MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	want := `[[{"word":"plan","weight":2,"start":13,"end":17},{"word":"the","weight":0.5,"start":0,"end":3}],null]`
	if d := cmp.Diff(plain(t, want), plain(t, string(got))); d != "" {
		t.Error(d)
	}
}

// TestKeyphrases keeps the phrases that are left in the redacted text, as whole words.
func TestKeyphrases(t *testing.T) {
	for _, c := range []struct {
		text, phrase string
		kept         bool
	}{
		{"the SECRET plan of the day", "plan", true},
		{"the SECRET  plan\nof the day", "plan of the day", true},
		{"ask SECRETary", "SECRETary", false}, // [SECRET]ary is left
		{"SECRET plan", "SECRET plan", false},
		{"planned SECRET", "plan", false},
		{"planned SECRET plan", "plan", true},
		{"the plan", "", false},
	} {
		left := string(redacted(t, c.text))
		if got := hasWords(spaced(left), spaced(c.phrase)); got != c.kept {
			t.Errorf("%q in %q: %v", c.phrase, left, got)
		}
	}
}

func redacted(t *testing.T, text string) []rune {
	t.Helper()
	var p place
	p.of(rewriterOf(new(pipeline.Layout)).find, text)
	return p.text
}

func TestPlanRefuses(t *testing.T) {
	closed := &pipeline.Layout{Schema: arrow.NewSchema([]arrow.Field{{Name: "text", Type: arrow.BinaryTypes.String}}, nil)}
	if _, err := New(Config{Finder: secrets{}, Fields: []string{"txt"}}).Plan(closed); !fault.Is(err, fault.ColumnsUnknown) {
		t.Errorf("an unknown field: %v", err)
	}
	if _, err := New(Config{Finder: secrets{}, Fields: []string{"text"}}).Plan(&pipeline.Layout{Format: "avro"}); !fault.Is(err, fault.RedactFormat) {
		t.Errorf("a registry's format: %v", err)
	}
}

// FuzzJSON redacts objects of any shape: they stay objects, and nothing is left to find in them.
func FuzzJSON(f *testing.F) {
	f.Add(`{"a":"SECRET","b":[4711,{"c":"S\u0045CRET"}],"d":null}`)
	f.Add(`{"text":"SECRET \ud83d\ude00","":{}}`)
	f.Add(`{"n":[4E751,4711e9]}`)
	f.Add(`{"text":"SECRSECRETET"}`) // a mark splits what would be another secret without it
	f.Fuzz(func(t *testing.T, text string) {
		if !json.Valid([]byte(text)) || !strings.HasPrefix(strings.TrimSpace(text), "{") {
			return
		}
		w := rewriterOf(&pipeline.Layout{Raw: pipeline.RawJSON, Open: true}, All)
		got, err := w.raw(nil, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var v map[string]any
		d := json.NewDecoder(bytes.NewReader(got))
		d.UseNumber() // numbers of any size are JSON
		if err := d.Decode(&v); err != nil {
			t.Fatalf("%v: %s", err, got)
		}
		hidden(t, v)
	})
}

func hidden(t *testing.T, v any) {
	t.Helper()
	switch v := v.(type) {
	case string:
		if strings.Contains(strings.ReplaceAll(v, "[SECRET]", "|"), "SECRET") || strings.Contains(v, "4711") {
			t.Errorf("%q is left", v)
		}
	case json.Number:
		hidden(t, v.String())
	case []any:
		for _, item := range v {
			hidden(t, item)
		}
	case map[string]any:
		for _, item := range v {
			hidden(t, item)
		}
	}
}
