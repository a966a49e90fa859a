package jsonl_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/winnow-stream/winnow/connectors/codec/jsonl"
	"github.com/winnow-stream/winnow/pipeline"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAppendSpliced(t *testing.T) {
	for raw, want := range map[string]string{
		`{"a":1}`:               `{"a":1,"b":2}`,
		"{\"a\" : 1 }\r\n":      `{"a" : 1 ,"b":2}`,
		" {} \n":                `{"b":2}`,
		"{ \t}":                 "{ \t\"b\":2}",
		`{"a":"{"}`:             `{"a":"{","b":2}`,
		`{"a":{}}`:              `{"a":{},"b":2}`,
		"{\"a\":\n[1,\n2]\n}\n": "{\"a\":\n[1,\n2]\n,\"b\":2}",
	} {
		if got := string(jsonl.AppendSpliced(nil, []byte(raw), []byte(`"b":2`))); got != want {
			t.Errorf("%q became %q, want %q", raw, got, want)
		}
	}
	if got := string(jsonl.AppendSpliced([]byte("x"), []byte("{} \n"), nil)); got != "x{}" {
		t.Errorf("without members: %q", got)
	}
}

func TestDocument(t *testing.T) {
	tests := []struct {
		head  string
		whole bool
		want  string
	}{
		{"[{\"a\":1}]\n", true, jsonl.ArrayDocument},
		{"[\n{\"a\":1}\n]\n", true, jsonl.ArrayDocument},
		{"[{\"a\":1},", false, jsonl.ArrayDocument},
		{"[1]\n{\"a\":1}\n", true, ""}, // a line of another shape
		{"[1]\n", false, ""},
		{"{\n \"a\":1\n}\n", true, jsonl.ObjectDocument},
		{"{\"a\":1}\n", true, ""},
		{"{\"a\":\n{\"b\":1}\n", true, ""}, // a cut line before a good one
		{"{\"a\":1", true, ""},             // a cut file
		{"{\"a\":1", false, ""},
		{"{\"a\":x\n\"b\"", true, ""},
		{"text", true, ""},
		{"", true, ""},
	}
	for _, tt := range tests {
		if got := jsonl.Document([]byte(tt.head), tt.whole); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.head, got, tt.want)
		}
	}
}

func TestInference(t *testing.T) {
	var in jsonl.Inference
	for _, rec := range []string{
		`{"text":"a","int":1,"float":1.5,"mix":1,"bool":true,"nest":{"a":1},"null":null,"any":"x","long":9007199254740993}`,
		`not JSON`, `[1]`, "{\"text\":\"\xff\"}", `{"a":1} x`,
		`{"float":2,"mix":2.5,"any":1,"nest":[1],"text":null,"huge":123456789012345678901234567890}` + "\n",
		`{"long":1.5,"l\u0061te":true}`,
	} {
		in.Add([]byte(rec))
	}
	want := "text: type=utf8, nullable|int: type=int64, nullable|float: type=float64, nullable|mix: type=float64, nullable|" +
		"bool: type=bool, nullable|nest: json|null: json|any: json|long: json|huge: json|late: type=bool, nullable|"
	var got strings.Builder
	for _, f := range in.Schema().Fields() {
		if pipeline.IsJSONText(f) && f.Type.ID() == arrow.STRING {
			got.WriteString(f.Name + ": json|")
		} else {
			got.WriteString(f.String() + "|")
		}
	}
	if d := cmp.Diff(want, got.String()); d != "" || in.Records != 3 {
		t.Error(d, in.Records)
	}
}

func TestReserved(t *testing.T) {
	_, faults := decode(t, "{\"label\":1}\n{\"x\":{\"label\":1}}\n", nil, pipeline.Projection{
		Columns: []arrow.Field{text("text")}, Reserved: []string{"label"},
	})
	want := []string{`in.jsonl:1:2 offset 0 field label: record.field_conflict: the record already has a field "label", which is a result's name`}
	if d := cmp.Diff(want, faults); d != "" {
		t.Error(d)
	}
}

func TestExtraAndManyColumns(t *testing.T) {
	var columns []arrow.Field
	var line, back strings.Builder
	line.WriteByte('{')
	back.WriteByte('{')
	for i := range 30 {
		name := fmt.Sprintf("c%d", i)
		columns = append(columns, text(name))
		fmt.Fprintf(&line, `"%s":"v%d",`, name, i)
		fmt.Fprintf(&back, `"c%d":"v%d",`, 29-i, 29-i)
	}
	lines := line.String() + `"more": [1, 2] , "c":{"x":1}}` + "\n" + back.String() + `"z":"0"}` + "\n" + `{"c29":"v29"}`
	schema := arrow.NewSchema(columns, nil)
	cols, faults := decode(t, lines, schema, pipeline.Projection{Columns: append(columns, text("z")), Extra: true, Raw: true})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if d := cmp.Diff(`["{\"more\": [1, 2],\"c\":{\"x\":1}}" "{\"z\":\"0\"}" (null)]`, cols[pipeline.ColExtra]); d != "" {
		t.Error(d)
	}
	if cols["z"] != `[(null) "0" (null)]` { // asked for, and unknown to whoever goes by the schema
		t.Error(cols["z"])
	}
	if cols["c17"] != `["v17" "v17" (null)]` || cols["c29"] != `["v29" "v29" "v29"]` {
		t.Error(cols["c17"], cols["c29"])
	}
}

func TestPlan(t *testing.T) {
	if _, err := jsonl.NewPlan(pipeline.Projection{Columns: []arrow.Field{typed("d", arrow.FixedWidthTypes.Date32)}}, nil); err == nil {
		t.Error("a column of dates was accepted")
	}
	want := pipeline.Projection{Columns: []arrow.Field{text("a")}, Raw: true, Reserved: []string{"x"}}
	plan, err := jsonl.NewPlan(want, nil)
	if err != nil {
		t.Fatal(err)
	}
	others := []pipeline.Projection{
		{Columns: []arrow.Field{text("a")}, Reserved: []string{"x"}},
		{Columns: []arrow.Field{text("a")}, Raw: true},
		{Columns: []arrow.Field{jsonText("a")}, Raw: true, Reserved: []string{"x"}},
		{Columns: []arrow.Field{text("b")}, Raw: true, Reserved: []string{"x"}},
	}
	if !plan.Serves(want) {
		t.Error("a plan does not serve its own projection")
	}
	for _, o := range others {
		if plan.Serves(o) {
			t.Errorf("a plan serves %+v", o)
		}
	}
}

func ExampleAppendSpliced() {
	raw := []byte(`{"id":7,"text":"it crashes"}` + "\n")
	result := append([]byte(`"label":`), jsonl.AppendString(nil, "bug")...)
	fmt.Println(string(jsonl.AppendSpliced(nil, raw, result)))
	// Output: {"id":7,"text":"it crashes","label":"bug"}
}

func ExampleInference() {
	var in jsonl.Inference
	in.Add([]byte(`{"id":7,"text":"it crashes","tags":["app"]}`))
	fmt.Println(in.Schema().Field(0), in.Schema().Field(1))
	// Output: id: type=int64, nullable text: type=utf8, nullable
}

// TestAppendString puts every byte at every place of a word and asks the standard library what comes out.
func TestAppendString(t *testing.T) {
	for b := range 256 {
		for at := range 17 {
			s := []byte("abcdefghijklmnopq")
			s[at] = byte(b)
			quoted := jsonl.AppendString(nil, s)
			var got string
			if err := json.Unmarshal(quoted, &got); err != nil {
				t.Fatalf("byte %#x at %d: %s: %v", b, at, quoted, err)
			}
			if want := strings.ToValidUTF8(string(s), "\ufffd"); got != want {
				t.Fatalf("byte %#x at %d: %q, want %q", b, at, got, want)
			}
		}
	}
}
