package jsonl_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/tidwall/gjson"

	"github.com/winnow-stream/winnow/connectors/codec/jsonl"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

var seeds = []string{
	`{"text":"a"}`, `{}`, ` { "a" : [1,2,{"b":null}], "text":"x\n\u00e9\ud83d\ude00" } `, `{"text":"\ud800"}`, `[1]`, `"s"`, `7`, `null`,
	`{"a":-0.5e+10,"b":01}`, `{"a":1.}`, `{"a":.5}`, `{"a":1e}`, `{"a":tru}`, `{"a":true false}`, `{"a":[}`, `{"a":{"b":[[]]}}`, `{"a":1,}`,
	`{,"a":1}`, `{"a" 1}`, `{"a":"\x"}`, `{"a":"\u12g4"}`, "{\"a\":\"\x01\"}", "{\"a\":\"\xff\"}", `{"text":1,"text":2}`, `{"a":1} x`,
	`{"a":"0123456789012345\"678901234567890123456"}`, "{\"a\":1}\r", `{"a":[1,2`, `{"user":{"name":"n"}}`, `{"user":7,"x":[{}]}`,
	`{"te\u0078t":"escaped name"}`, "\x00", `{"a":"` + "\u2028" + `"}`, `{"a":NaN}`, `{"a":-}`, `{"a":[1 2]}`, `{"a":[[[[[[[[1]]]]]]]]}`,
}

// FuzzDecode holds the scanner against the standard library and gjson: the same records are accepted, but for the rules
// that are stricter by intent, and the same values come out.
func FuzzDecode(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	known := arrow.NewSchema([]arrow.Field{text("text")}, nil)
	plan, err := jsonl.NewPlan(pipeline.Projection{
		Columns: []arrow.Field{text("text"), text("user.name"), jsonText("a")}, Extra: true,
	}, known)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, rec []byte) {
		if bytes.IndexByte(rec, '\n') >= 0 {
			return
		}
		alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
		defer alloc.AssertSize(t, 0)
		b := cut(alloc, string(rec)+"\n")
		if err := plan.Decode(b, alloc); err != nil {
			t.Fatal(err)
		}
		defer b.Record.Release()
		var fields map[string]json.RawMessage
		sound := utf8.Valid(rec) && json.Unmarshal(rec, &fields) == nil && fields != nil
		if gjson.ValidBytes(rec) != json.Valid(rec) {
			t.Skip("the references differ")
		}
		if len(b.Faults) == 0 {
			if !sound {
				t.Fatalf("accepted %q", rec)
			}
			compare(t, b, fields)
			return
		}
		switch code := b.Faults[0].Err.Code; {
		case code == fault.RecordDuplicateKey, code == fault.RecordType, code == fault.RecordUTF8 && utf8.Valid(rec):
			if !sound {
				t.Fatalf("%v for %q, which is no JSON object", b.Faults[0].Err, rec)
			}
		case sound && bytes.Count(rec, []byte("["))+bytes.Count(rec, []byte("{")) < 1000:
			t.Fatalf("rejected %q: %v", rec, b.Faults[0].Err)
		}
	})
}

// compare checks the values of an accepted record against those of the standard library.
func compare(t *testing.T, b *pipeline.Batch, fields map[string]json.RawMessage) {
	t.Helper()
	var want *string
	if err := json.Unmarshal(orNull(fields["text"]), &want); err != nil {
		t.Fatal(err)
	}
	got := b.Column("text").(*array.String)
	if got.IsNull(0) != (want == nil) || want != nil && got.Value(0) != *want {
		t.Fatalf("text is %s, not %v", got, want)
	}
	a := b.Column("a").(*array.String)
	raw := orNull(fields["a"])
	if a.IsNull(0) != (string(raw) == "null") || !a.IsNull(0) && a.Value(0) != string(raw) {
		t.Fatalf("a is %s, not %s", a, raw)
	}
	extra := b.Column(pipeline.ColExtra).(*array.String)
	delete(fields, "text") // the one that the schema knows
	var others map[string]json.RawMessage
	if !extra.IsNull(0) {
		if err := json.Unmarshal([]byte(extra.Value(0)), &others); err != nil {
			t.Fatalf("_extra %q: %v", extra.Value(0), err)
		}
	}
	if len(others) != len(fields) {
		t.Fatalf("_extra is %s, not %v", extra, fields)
	}
	for k, v := range fields {
		if !bytes.Equal(others[k], v) {
			t.Fatalf("_extra's %q is %s, not %s", k, others[k], v)
		}
	}
}

func orNull(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return json.RawMessage("null")
	}
	return raw
}

// FuzzInfer holds inference to records that Decode accepts, and asks that the schema found takes the record.
func FuzzInfer(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, rec []byte) {
		if bytes.IndexByte(rec, '\n') >= 0 {
			return
		}
		var in jsonl.Inference
		accepted := in.Add(rec)
		var fields map[string]json.RawMessage
		if sound := utf8.Valid(rec) && json.Unmarshal(rec, &fields) == nil && fields != nil; accepted != sound {
			if !sound || bytes.Count(rec, []byte("["))+bytes.Count(rec, []byte("{")) < 1000 {
				t.Fatalf("accepted %v, sound %v: %q", accepted, sound, rec)
			}
			return
		}
		if !accepted {
			return
		}
		schema := in.Schema()
		if schema.NumFields() != len(fields) {
			t.Fatalf("%d fields for %q", schema.NumFields(), rec)
		}
		plan, err := jsonl.NewPlan(pipeline.Projection{Columns: schema.Fields(), Extra: true}, schema)
		if err != nil {
			t.Fatal(err)
		}
		b := cut(memory.DefaultAllocator, string(rec))
		if err := plan.Decode(b, memory.DefaultAllocator); err != nil {
			t.Fatal(err)
		}
		defer b.Record.Release()
		for _, f := range b.Faults {
			if c := f.Err.Code; c != fault.RecordDuplicateKey && c != fault.RecordUTF8 && c != fault.RecordType {
				t.Fatalf("%q: %v", rec, f.Err)
			}
		}
	})
}

// FuzzSplice holds the writers against the standard library.
func FuzzSplice(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s), "caf\u00e9 \"\\\x01\xff")
	}
	f.Fuzz(func(t *testing.T, raw []byte, value string) {
		quoted := jsonl.AppendString(nil, value)
		var back string
		if err := json.Unmarshal(quoted, &back); err != nil {
			t.Fatalf("%q: %v", quoted, err)
		}
		if want := string(bytes.ToValidUTF8([]byte(value), nil)); utf8.ValidString(value) && back != want {
			t.Fatalf("%q came back as %q", value, back)
		}
		var fields map[string]json.RawMessage
		if json.Unmarshal(raw, &fields) != nil || fields == nil {
			return
		}
		if _, ok := fields["winnow\x00"]; ok {
			return
		}
		members := append([]byte("\"winnow\\u0000\":"), quoted...)
		spliced := jsonl.AppendSpliced(nil, raw, members)
		var after map[string]json.RawMessage
		if err := json.Unmarshal(spliced, &after); err != nil || len(after) != len(fields)+1 {
			t.Fatalf("%q became %q: %v", raw, spliced, err)
		}
	})
}
