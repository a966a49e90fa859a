package avro

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	judge "github.com/hamba/avro/v2"

	"github.com/winnow-stream/winnow/connectors/kafka/registry/result"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/test/race"
)

func compile(t testing.TB, text string, references ...string) *Schema {
	t.Helper()
	s, err := Compile(text, references)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// one is a schema of one field v.
func one(of string) string {
	return `{"type":"record","name":"Top","namespace":"n","fields":[{"name":"v","type":` + of + `}]}`
}

const linked = `{"type":"record","name":"Node","fields":[{"name":"next","type":["null","Node"]},{"name":"x","type":"int"}]}`

// Each payload gives the JSON, and the JSON gives the payload again.
func TestRoundTrips(t *testing.T) {
	for _, c := range []struct{ name, of, hex, json string }{
		{"null", `"null"`, "", `null`},
		{"true", `"boolean"`, "\x01", `true`},
		{"int", `"int"`, "\x03", `-2`},
		{"long", `"long"`, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", `9223372036854775807`},
		{"smallest long", `"long"`, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", `-9223372036854775808`},
		{"float", `"float"`, "\xcd\xcc\xcc\x3d", `0.1`},
		{"whole float", `"float"`, "\x00\x00\x80\x3f", `1.0`},
		{"double", `"double"`, "\x9a\x99\x99\x99\x99\x99\xb9\x3f", `0.1`},
		{"minus zero", `"double"`, "\x00\x00\x00\x00\x00\x00\x00\x80", `-0.0`},
		{"large double", `"double"`, "\xff\xff\xff\xff\xff\xff\xef\x7f", `1.7976931348623157e+308`},
		{"NaN", `"double"`, "\x01\x00\x00\x00\x00\x00\xf8\x7f", `"NaN"`},
		{"infinity", `"float"`, "\x00\x00\x80\x7f", `"Infinity"`},
		{"minus infinity", `"float"`, "\x00\x00\x80\xff", `"-Infinity"`},
		{"string", `"string"`, "\x0eh\"\\\n\xc3\xa9\x01", `"h\"\\\n` + "é" + `\u0001"`},
		{"bytes", `"bytes"`, "\x06\x00\xff\x80", `"AP+A"`},
		{"fixed", `{"type":"fixed","name":"F","size":2}`, "\x00\xff", `"AP8="`},
		{"enum", `{"type":"enum","name":"E","symbols":["A","B"]}`, "\x02", `"B"`},
		{"array", `{"type":"array","items":"int"}`, "\x04\x02\x04\x00", `[1,2]`},
		{"empty array", `{"type":"array","items":"int"}`, "\x00", `[]`},
		{"map", `{"type":"map","values":"long"}`, "\x04\x02a\x02\x02b\x04\x00", `{"a":1,"b":2}`},
		{"nullable", `["null","string"]`, "\x02\x02a", `"a"`},
		{"nullable null", `["null","string"]`, "\x00", `null`},
		{"int or long", `["int","long"]`, "\x02\x80\x80\x80\x80\x80\x80\x01", `2199023255552`},
		{"long or double", `["long","double"]`, "\x02\x00\x00\x00\x00\x00\x00\xf0\x3f", `1.0`},
		{"float or double", `["float","double"]`, "\x02\x9a\x99\x99\x99\x99\x99\xb9\x3f", `{"double":0.1}`},
		{"string or bytes", `["string","bytes"]`, "\x02\x02a", `{"bytes":"YQ=="}`},
		{"string or bytes: string", `["string","bytes"]`, "\x00\x02a", `"a"`},
		{"double or string", `["double","string"]`, "\x02\x06NaN", `"NaN"`},
		{"NaN or string", `["double","string"]`, "\x00\x01\x00\x00\x00\x00\x00\xf8\x7f", `{"double":"NaN"}`},
		{"records", `[{"type":"record","name":"A","fields":[{"name":"x","type":"int"}]},{"type":"record","name":"B","fields":[{"name":"y","type":"int"}]}]`, "\x02\x02", `{"y":1}`},
		{"like records", `[{"type":"record","name":"A","fields":[{"name":"x","type":"int"}]},{"type":"record","name":"B","fields":[{"name":"x","type":"int"}]}]`, "\x02\x02", `{"n.B":{"x":1}}`},
		{"map beside bytes", `["string","bytes",{"type":"map","values":"int"}]`, "\x04\x02\x0abytes\x02\x00", `{"map":{"bytes":1}}`},
		{"date", `{"type":"int","logicalType":"date"}`, "\x88\xb4\x02", `"2023-12-25"`},
		{"time", `{"type":"int","logicalType":"time-millis"}`, "\x02", `"00:00:00.001"`},
		{"time out of the day", `{"type":"int","logicalType":"time-millis"}`, "\x01", `-1`},
		{"time-micros", `{"type":"long","logicalType":"time-micros"}`, "\x02", `"00:00:00.000001"`},
		{"timestamp-millis", `{"type":"long","logicalType":"timestamp-millis"}`, "\x01", `"1969-12-31T23:59:59.999Z"`},
		{"timestamp-micros", `{"type":"long","logicalType":"timestamp-micros"}`, "\x02", `"1970-01-01T00:00:00.000001Z"`},
		{"timestamp-nanos", `{"type":"long","logicalType":"timestamp-nanos"}`, "\x02", `"1970-01-01T00:00:00.000000001Z"`},
		{"timestamp beyond", `{"type":"long","logicalType":"timestamp-millis"}`, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", `9223372036854775807`},
		{"local timestamp", `{"type":"long","logicalType":"local-timestamp-millis"}`, "\x02", `"1970-01-01T00:00:00.001"`},
		{"timestamp or string", `["string",{"type":"long","logicalType":"timestamp-millis"}]`, "\x02\x02", `{"long":"1970-01-01T00:00:00.001Z"}`},
		{"decimal", `{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}`, "\x04\x04\xce", `12.30`},
		{"small decimal", `{"type":"bytes","logicalType":"decimal","precision":4,"scale":3}`, "\x02\xff", `-0.001`},
		{"whole decimal", `{"type":"bytes","logicalType":"decimal","precision":4}`, "\x02\x80", `-128`},
		{"wide decimal", `{"type":"bytes","logicalType":"decimal","precision":40,"scale":1}`, "\x14\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00", `472236648286964521369.6`},
		{"wide negative decimal", `{"type":"bytes","logicalType":"decimal","precision":40,"scale":1}`, "\x14\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00", `-472236648286964521369.6`},
		{"fixed decimal", `{"type":"fixed","name":"D","size":4,"logicalType":"decimal","precision":4,"scale":2}`, "\xff\xff\xff\xff", `-0.01`},
		{"uuid", `{"type":"string","logicalType":"uuid"}`, "\x02a", `"a"`},
		{"fixed uuid", `{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}`, "0123456789abcdef", `"30313233-3435-3637-3839-616263646566"`},
		{"recursive", linked, "\x02\x00\x02\x04", `{"next":{"next":null,"x":1},"x":2}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := compile(t, one(c.of))
			got, err := s.AppendJSON([]byte("before"), []byte(c.hex))
			if err != nil {
				t.Fatal(err)
			}
			if want := `before{"v":` + c.json + `}`; string(got) != want {
				t.Errorf("got %s, want %s", got, want)
			}
			back, err := s.AppendBinary([]byte("before"), got[len("before"):])
			if err != nil {
				t.Fatal(err)
			}
			if string(back) != "before"+c.hex && !strings.Contains(c.name, "NaN") {
				t.Errorf("back came %x, want %x", back[6:], c.hex)
			}
			var v any
			if err := judge.Unmarshal(judge.MustParse(one(c.of)), []byte(c.hex), &v); err != nil {
				t.Errorf("the judge does not read it: %v", err)
			}
		})
	}
}

// Payloads that don't fit end with an error that says where, and leave the buffer alone.
func TestMisfits(t *testing.T) {
	deep := strings.Repeat("\x02", 5000)
	for _, c := range []struct{ name, of, payload, want string }{
		{"empty", `"int"`, "", "v: record.schema: the Avro bytes do not fit the schema: it is cut short"},
		{"trailing", `"int"`, "\x02\x02", "record.schema: the Avro bytes do not fit the schema: 1 bytes follow the record"},
		{"wide int", `"int"`, "\xfe\xff\xff\xff\xff\x01", "an int has more than 32 bits"},
		{"endless number", `"long"`, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "more than 64 bits"},
		{"long string", `"string"`, "\xfe\xff\xff\xff\x0f", "bytes are announced"},
		{"negative string", `"string"`, "\x01", "a length is negative"},
		{"Latin-1", `"string"`, "\x02\xe9", "not UTF-8"},
		{"boolean", `"boolean"`, "\x02", "a boolean is 2"},
		{"enum", `{"type":"enum","name":"E","symbols":["A"]}`, "\x02", "no symbol number 1"},
		{"branch", `["null","int"]`, "\x04", "no branch number 2"},
		{"many nulls", `{"type":"array","items":"null"}`, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", "longer than 64 MiB"},
		{"smallest count", `{"type":"array","items":"null"}`, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", "cut short"},
		{"block", `{"type":"array","items":"int"}`, "\x01\x04\x02\x00\x00", "not as long as it says"},
		{"deep", linked, deep, "nested more than 100 levels deep"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := compile(t, one(c.of)).AppendJSON([]byte("x"), []byte(c.payload))
			if !fault.Is(err, fault.RecordSchema) || !strings.Contains(err.Error(), c.want) || string(out) != "x" {
				t.Errorf("got %q, %v", out, err)
			}
		})
	}
}

func TestMisfitJSON(t *testing.T) {
	for _, c := range []struct{ of, json, want string }{
		{`"int"`, `{`, "name"},
		{`"int"`, `[]`, "an object is expected"},
		{`"int"`, `{"v":1} x`, "text follows"},
		{`"int"`, `{}`, "v: record.schema: the record does not fit its Avro schema: it is missing"},
		{`"int"`, `{"w":1}`, `no field "w"`},
		{`"int"`, `{"v":1,"v":1}`, "twice"},
		{`"int"`, `{"v":1.5}`, "an integer is expected"},
		{`"int"`, `{"v":2147483648}`, "32 bits"},
		{`"string"`, `{"v":"\ud800"}`, "UTF-8"},
		{`"string"`, "{\"v\":\"\xff\"}", "UTF-8"},
		{`"bytes"`, `{"v":"*"}`, "base64"},
		{`["null","int"]`, `{"v":"a"}`, "union"},
		{`"boolean"`, `{"v":tru}`, "true or false"},
		{`{"type":"array","items":"int"}`, `{"v":[1 2]}`, "comma"},
		{`"double"`, `{"v":1e999}`, "too large"},
		{`"long"`, `{"v":01}`, "an integer"},
		{`{"type":"long","logicalType":"timestamp-millis"}`, `{"v":"1970-01-01T00:00:00.0001Z"}`, "form"},
		{`{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}`, `{"v":1.234}`, "digits"},
		{`{"type":"fixed","name":"D","size":1,"logicalType":"decimal","precision":2,"scale":0}`, `{"v":200}`, "does not fit"},
		{linked, `{"v":` + strings.Repeat(`{"next":`, 200) + `null` + strings.Repeat(`,"x":1}`, 200) + `}`, "levels deep"},
		{linked, `{"v":` + strings.Repeat(`{"x":1,"next":`, 200) + `null` + strings.Repeat(`}`, 200) + `}`, "levels deep"},
	} {
		out, err := compile(t, one(c.of)).AppendBinary([]byte("x"), []byte(c.json))
		if !fault.Is(err, fault.RecordSchema) || !strings.Contains(err.Error(), c.want) || string(out) != "x" {
			t.Errorf("%.60s: got %q, %v", c.json, out, err)
		}
	}
}

// Members in another order give the same bytes; missing ones are their default.
func TestOrder(t *testing.T) {
	s := compile(t, `{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"string"},
		{"name":"c","type":`+linked+`},{"name":"d","type":"long","default":5},{"name":"e","type":["null","int"],"default":null}]}`)
	want := "\x02\x04hi\x00\x06\x0a\x00"
	for _, in := range []string{
		`{"a":1,"b":"hi","c":{"next":null,"x":3},"d":5,"e":null}`,
		` { "e" : null , "b" : "h\u0069" , "c" : { "x" : 3 , "next" : null } , "a" : 1 } `,
		`{"a":1,"b":"hi","c":{"x":3,"next":null}}`,
		`{"a":1,"b":"hi","c":{"next":null,"x":3}}`,
	} {
		got, err := s.AppendBinary(nil, []byte(in))
		if err != nil || string(got) != want {
			t.Errorf("%s: %x, %v", in, got, err)
		}
	}
}

var results = []result.Field{
	{Name: "label", Kind: result.Label},
	{Name: "confidence", Kind: result.Confidence},
	{Name: "labels", Kind: result.Labels},
	{Name: "tokens", Kind: result.Tokens},
	{Name: "classifier", Kind: result.Classifier},
}

func TestLabelled(t *testing.T) {
	const text = `{"type":"record","name":"Review","namespace":"shop","doc":"kept","fields":[ {"name":"text","type":"string","aliases":["body"]} ]}`
	s := compile(t, text)
	labelled, err := s.Labelled(text, results)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"type":"record","name":"Review","namespace":"shop","doc":"kept","fields":[ {"name":"text","type":"string","aliases":["body"]} ,` +
		`{"name":"label","type":["null","string"],"default":null},{"name":"confidence","type":["null","float"],"default":null},` +
		`{"name":"labels","type":{"type":"array","items":{"type":"record","name":"ReviewLabels","fields":[{"name":"label","type":"string"},{"name":"confidence","type":"float"}]}},"default":[]},` +
		`{"name":"tokens","type":"int","default":0},{"name":"classifier","type":"string","default":""}]}`
	if diff := cmp.Diff(want, labelled); diff != "" {
		t.Error(diff)
	}
	if err := judge.NewSchemaCompatibility().Compatible(judge.MustParse(labelled), judge.MustParse(text)); err != nil {
		t.Errorf("the labelled schema does not read old records: %v", err)
	}
	out, err := Compile(labelled, nil, result.Names(results)...)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ in, back string }{
		{
			`{"text":"a","label":"bug","confidence":0.93,"labels":[{"label":"bug","confidence":0.93}],"tokens":7,"classifier":"m@1"}`,
			`{"text":"a","label":"bug","confidence":0.93,"labels":[{"label":"bug","confidence":0.93}],"tokens":7,"classifier":"m@1"}`,
		},
		{
			`{"text":"a","label":null,"confidence":null,"labels":null,"tokens":null,"classifier":null}`,
			`{"text":"a","label":null,"confidence":null,"labels":[],"tokens":0,"classifier":""}`,
		},
		{`{"text":"a"}`, `{"text":"a","label":null,"confidence":null,"labels":[],"tokens":0,"classifier":""}`},
	} {
		bin, err := out.AppendBinary(nil, []byte(c.in))
		if err != nil {
			t.Fatal(err)
		}
		back, err := out.AppendJSON(nil, bin)
		if err != nil || string(back) != c.back {
			t.Errorf("%s came back as %s, %v", c.in, back, err)
		}
	}
	if _, err := out.Labelled(labelled, results); !fault.Is(err, fault.RecordFieldConflict) {
		t.Errorf("labelled twice: %v", err)
	}
	prefixed, err := out.Labelled(labelled, []result.Field{{Name: "my_labels", Kind: result.Labels}, {Name: "Labels", Kind: result.Labels}})
	if err != nil {
		t.Fatal(err)
	}
	compile(t, prefixed)
}

func TestReferences(t *testing.T) {
	s := compile(t, one(`["null","other.Thing"]`), `{"type":"record","name":"other.Thing","fields":[{"name":"x","type":"int"}]}`)
	got, err := s.AppendJSON(nil, []byte("\x02\x02"))
	if err != nil || string(got) != `{"v":{"x":1}}` {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestBadSchemas(t *testing.T) {
	for _, text := range []string{``, `{`, `"string"`, one(`"nothing"`), `{"type":"record","name":"R"}`, one(`{"type":"fixed","name":"F","size":-1}`)} {
		if _, err := Compile(text, nil); !fault.Is(err, fault.SchemaInvalid) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// fuzzed has each type once.
const fuzzed = `{"type":"record","name":"R","fields":[{"name":"a","type":["null","string","bytes",{"type":"map","values":"int"}]},
	{"name":"b","type":{"type":"array","items":["int","long","double","null",{"type":"enum","name":"E","symbols":["A","B"]}]}},
	{"name":"c","type":["null","R"]},{"name":"d","type":{"type":"bytes","logicalType":"decimal","precision":20,"scale":3}},
	{"name":"e","type":{"type":"long","logicalType":"timestamp-micros"}},{"name":"f","type":"float"},{"name":"g","type":"boolean"}]}`

// Whatever decodes is JSON, and encodes to bytes that decode to the same JSON.
func FuzzAppendJSON(f *testing.F) {
	s := compile(f, fuzzed)
	f.Add([]byte("\x02\x04hi\x04\x00\x02\x04\x00\x00\x00\x00\x00\x00\xf0\x3f\x00\x00\x02\x05\x02\x00\x00\x80\x3f\x01"))
	f.Add([]byte("\x06\x02\x02a\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		js, err := s.AppendJSON(nil, payload)
		if err != nil {
			return
		}
		if !json.Valid(js) {
			t.Fatalf("no JSON: %s", js)
		}
		bin, err := s.AppendBinary(nil, js)
		if err != nil {
			t.Fatalf("%s: %v", js, err)
		}
		again, err := s.AppendJSON(nil, bin)
		if err != nil || string(js) != string(again) {
			t.Fatalf("%s\ncame back as\n%s, %v", js, again, err)
		}
	})
}

// Any JSON either encodes to bytes that decode, or gives an error.
func FuzzAppendBinary(f *testing.F) {
	s := compile(f, fuzzed)
	f.Add([]byte(`{"a":{"bytes":"YQ=="},"b":[1,2.5,"A",null],"c":null,"d":1.5,"e":"2024-01-31T00:00:00Z","f":"NaN","g":true}`))
	f.Add([]byte(`{"g":true,"a":{"map":{"x":1}},"b":[],"c":null,"d":1,"e":5,"f":1}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		bin, err := s.AppendBinary(nil, in)
		if err != nil {
			return
		}
		if _, err := s.AppendJSON(nil, bin); err != nil {
			t.Fatalf("%s gave %x: %v", in, bin, err)
		}
	})
}

const ticket = `{"type":"record","name":"Ticket","fields":[{"name":"id","type":"string"},{"name":"text","type":"string"},
	{"name":"channel","type":["null","string"]},{"name":"urgent","type":"boolean"},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},
	{"name":"score","type":"double"},{"name":"count","type":"long"},{"name":"tags","type":{"type":"array","items":"string"}}]}`

const ticketJSON = `{"id":"ticket-123","text":"I still have not received my new card, I ordered over 3 weeks ago and nobody answers","channel":"mail","urgent":false,"time":"2024-01-31T12:00:00.123Z","score":0.125,"count":123456789,"tags":["card","late"]}`

func BenchmarkDecode(b *testing.B) {
	s := compile(b, ticket)
	bin, err := s.AppendBinary(nil, []byte(ticketJSON))
	if err != nil {
		b.Fatal(err)
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = s.AppendJSON(buf[:0], bin)
	}
}

func BenchmarkEncode(b *testing.B) {
	s := compile(b, ticket)
	var buf []byte
	in := []byte(ticketJSON)
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = s.AppendBinary(buf[:0], in)
	}
}

// BenchmarkJudge is what decoding into values and marshalling them costs.
func BenchmarkJudge(b *testing.B) {
	s := compile(b, ticket)
	bin, _ := s.AppendBinary(nil, []byte(ticketJSON))
	j := judge.MustParse(ticket)
	b.ReportAllocs()
	for b.Loop() {
		var v any
		if err := judge.Unmarshal(j, bin, &v); err != nil {
			b.Fatal(err)
		}
		if _, err := json.Marshal(v); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAllocations(t *testing.T) {
	if race.Enabled {
		t.Skip("pools drop at random under the race detector")
	}
	s := compile(t, ticket)
	bin, _ := s.AppendBinary(nil, []byte(ticketJSON))
	buf := make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() { _, _ = s.AppendJSON(buf, bin) }); n > 0 {
		t.Errorf("decoding allocates %v times", n)
	}
	in := []byte(ticketJSON)
	if n := testing.AllocsPerRun(100, func() { _, _ = s.AppendBinary(buf, in) }); n >= 1 { // a collection may empty the pool
		t.Errorf("encoding allocates %v times", n)
	}
}
