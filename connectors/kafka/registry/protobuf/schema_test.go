package protobuf

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"

	"github.com/winnow-stream/winnow/connectors/kafka/registry/result"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/test/race"
)

const shop = `syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
import "common/money.proto";

message Other { message Inner { string a = 1; } message Second { message Third { int32 c = 1; } } }

// A review; its brace } is not here.
message Review {
  string text = 1;
  int64 big_number = 2;
  optional int32 stars = 3;
  repeated string tags = 4;
  map<string, int32> counts = 5;
  Color color = 6;
  bytes blob = 7;
  double score = 8;
  Review parent = 9;
  google.protobuf.Timestamp time = 10;
  common.Money price = 11;
  oneof one { string a = 12; int32 b = 13; }
  reserved 20 to 30, 31;
  enum Color { NONE = 0; RED = 1; }
}
`

// every is a message with each kind of field.
const every = `
message Every {
  repeated int32 a = 1; repeated sint32 b = 2; uint32 c = 3; int64 d = 4; sint64 e = 5; uint64 f = 6; fixed32 g = 7; sfixed32 h = 8;
  fixed64 i = 9; repeated sfixed64 j = 10; float k = 11; repeated double l = 12; bool m = 13; repeated Review.Color n = 14; repeated Every o = 15;
}
`

const allNumber = reviewNumber + 2 // the entries of Review's map are a message too

func allKinds() []byte {
	var b []byte
	for number, kind := range []string{"p", "p", "v", "v", "v", "v", "4", "4", "8", "P", "4", "P", "v", "p", "m"} {
		n := protowire.Number(number + 1)
		switch kind {
		case "v":
			b = protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), 1<<33-3)
		case "4":
			b = protowire.AppendFixed32(protowire.AppendTag(b, n, protowire.Fixed32Type), 0xc2f6e979)
		case "8":
			b = protowire.AppendFixed64(protowire.AppendTag(b, n, protowire.Fixed64Type), 0xc0fe240c9fbe76c9)
		case "p":
			b = protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), []byte("\x01\xff\xff\xff\xff\x0f\x00"))
			b = protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), 1)
		case "P":
			b = protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), []byte("12345678abcdefgh"))
		default:
			b = protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), b)
		}
	}
	return b
}

// The direct road writes what the library does.
func TestDirect(t *testing.T) {
	s := compile(t, shop+every)
	payload := allKinds()
	direct, ok := appendDirect(nil, s.messages[allNumber].plan, payload)
	if !ok {
		t.Fatal("it was left to the library")
	}
	judged, err := s.appendByLibrary(nil, s.messages[allNumber].of, payload)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sorted(t, string(judged)), sorted(t, string(direct))); diff != "" {
		t.Error(diff)
	}
	back, ok := encodeDirect(nil, s.messages[allNumber].plan, direct)
	if !ok {
		t.Fatalf("encoding was left to the library: %s", direct)
	}
	want, err := s.encodeByLibrary(nil, s.messages[allNumber].of, direct)
	if err != nil || string(want) != string(back) {
		t.Errorf("encoded %x, the library has %x, %v", back, want, err)
	}
}

var imports = map[string]string{"common/money.proto": `syntax = "proto3"; package common; message Money { int64 units = 1; string currency = 2; }`}

func compile(t testing.TB, text string) *Schema {
	t.Helper()
	s, err := Compile(text, imports)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const reviewNumber = 4 // Other, Inner, Second, Third, Review

const review = `{"text":"a \"b\"  c\\","big_number":"9223372036854775807","stars":0,"tags":["x","y"],"counts":{"k":1},"color":"RED",` +
	`"blob":"AP8=","score":"NaN","parent":{"text":"","big_number":"0","tags":[],"counts":{},"color":"NONE","blob":"","score":0},` +
	`"time":"2024-01-31T12:00:00.123Z","price":{"units":"5","currency":"EUR"},"b":0}`

func TestRoundTrip(t *testing.T) {
	s := compile(t, shop)
	bin, err := s.AppendBinary([]byte("before"), reviewNumber, []byte(review))
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.AppendJSON([]byte("before"), reviewNumber, bin[6:])
	if err != nil {
		t.Fatal(err)
	}
	if want := "before" + review; sorted(t, string(got[6:])) != sorted(t, review) || strings.Contains(string(got), `", "`) {
		t.Error(cmp.Diff(want, string(got)))
	}
}

// sorted writes JSON with sorted keys.
func sorted(t *testing.T, in string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(in), &v); err != nil {
		t.Fatalf("%s: %v", in, err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestIndex(t *testing.T) {
	s := compile(t, shop)
	for number, want := range []string{"\x00", "\x04\x00\x00", "\x04\x00\x02", "\x06\x00\x02\x00", "\x02\x02"} {
		got := s.AppendIndex(nil, number)
		if string(got) != want {
			t.Errorf("message %d is at %x, want %x", number, got, want)
		}
		back, rest, err := s.TakeIndex(append(got, "rest"...))
		if err != nil || back != number || string(rest) != "rest" {
			t.Errorf("%x is message %d, then %q, %v", got, back, rest, err)
		}
	}
	// The first message may also be written in full.
	if number, _, err := s.TakeIndex([]byte("\x02\x00")); number != 0 || err != nil {
		t.Errorf("message %d, %v", number, err)
	}
	for _, bad := range []string{"", "\x01", "\x02", "\x02\x0a", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "\x04\x02\x02", "\x02\x01"} {
		if _, _, err := s.TakeIndex([]byte(bad)); !fault.Is(err, fault.RecordSchema) {
			t.Errorf("%x: %v", bad, err)
		}
	}
}

func TestMisfits(t *testing.T) {
	s := compile(t, shop)
	proto2 := compile(t, `syntax = "proto2"; message M { required int32 a = 1; enum E { X = 1; } optional E e = 2; repeated group G = 3 { optional E f = 1; } }`)
	deep := []byte{}
	for range 200 {
		deep = protowire.AppendBytes([]byte{9<<3 | 2}, deep)
	}
	for _, c := range []struct {
		name, payload, want string
		s                   *Schema
		number              int
	}{
		{"unknown field", "\x78\x01", "no field number 15", s, reviewNumber},
		{"unknown field inside", "\x4a\x02\x78\x01", "no field number 15", s, reviewNumber},
		{"cut short", "\x0a\x05ab", "unexpected EOF", s, reviewNumber},
		{"long", "\x0a\xff\xff\xff\xff\x07ab", "unexpected EOF", s, reviewNumber},
		{"text", "hello world", "group", s, reviewNumber},
		{"not UTF-8", "\x0a\x01\xff", "UTF-8", s, reviewNumber},
		{"wrong wire", "\x08\x01", "another type", s, reviewNumber},
		{"deep", string(deep), "levels deep", s, reviewNumber},
		{"no such message", "", "no message number 9", s, 9},
		{"map entry", "", "no message number 5", s, 5},
		{"many packed", "\x0a\x81\x80\x40" + strings.Repeat("\x00", maxParts+1), "more than 1048576 parts", compile(t, `syntax = "proto3"; message M { repeated int32 a = 1; }`), 0},
		{"many parts", strings.Repeat("\x4a\x00", maxParts+1), "more than 1048576 parts", s, reviewNumber},
		{"required", "", "required", proto2, 0},
		{"closed enum", "\x08\x01\x10\x05", "has no value 5", proto2, 0},
		{"closed enum in group", "\x08\x01\x1b\x08\x05\x1c", "has no value 5", proto2, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := c.s.AppendJSON([]byte("x"), c.number, []byte(c.payload))
			if !fault.Is(err, fault.RecordSchema) || !strings.Contains(err.Error(), c.want) || string(out) != "x" {
				t.Errorf("got %q, %v", out, err)
			}
		})
	}
	for _, in := range []string{``, `[]`, `{"nothing":1}`, `{"text":1}`, `{"text":"a","text":"b"}`, `{"color":"BLUE"}`, `{} x`} {
		if out, err := s.AppendBinary([]byte("x"), reviewNumber, []byte(in)); !fault.Is(err, fault.RecordSchema) || string(out) != "x" {
			t.Errorf("%s: %q, %v", in, out, err)
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
	for _, c := range []struct {
		name, text, want string
		number           int
	}{
		{"proto3", shop, `  enum Color { NONE = 0; RED = 1; }
  optional string label = 14;
  optional float confidence = 15;
  message LabelsItem {
    string label = 1;
    float confidence = 2;
  }
  repeated LabelsItem labels = 16;
  int32 tokens = 17;
  string classifier = 18;
}
`, reviewNumber},
		{"inside", shop, `message Second { message Third { int32 c = 1;   optional string label = 2;` + "\n", 3},
		{"proto2", `syntax = "proto2"; message M { extensions 18998 to max; map<string, int32> m = 1; optional int32 a = 18990; }`, `a = 18990;   optional string label = 18991;` + "\n", 0},
		{"editions", `edition = "2023"; message M { int32 a = 18999; }`, `a = 18999;   string label = 20000;` + "\n", 0},
		{"reserved", `syntax = "proto3"; message M { int32 a = 3; reserved 4, 5 to 6; reserved "x"; }`, `  optional string label = 7;` + "\n", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := compile(t, c.text)
			labelled, err := s.Labelled(c.text, c.number, results)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(labelled, c.want) {
				t.Errorf("%q is not in\n%s", c.want, labelled)
			}
			out := compile(t, labelled)
			bin, err := out.AppendBinary(nil, c.number, []byte(`{"label":"bug","confidence":0.93,"labels":[{"label":"bug","confidence":0.93}],"tokens":null}`))
			if err != nil {
				t.Fatal(err)
			}
			back, err := out.AppendJSON(nil, c.number, bin)
			if err != nil || !strings.Contains(string(back), `"label":"bug","confidence":0.93,"labels":[{"label":"bug","confidence":0.93}]`) {
				t.Errorf("%s, %v", back, err)
			}
			if _, err := out.Labelled(labelled, c.number, results); !fault.Is(err, fault.RecordFieldConflict) {
				t.Errorf("labelled twice: %v", err)
			}
		})
	}
}

// A descriptor in base64 is as good as the text.
func TestDescriptor(t *testing.T) {
	for _, text := range []string{shop, `syntax = "proto2"; message A {} message B { message C { optional string text = 1; } }`} {
		s := compile(t, text)
		raw, err := proto.Marshal(protodesc.ToFileDescriptorProto(s.file))
		if err != nil {
			t.Fatal(err)
		}
		number := s.Messages() - 1
		if text == shop {
			number = reviewNumber
		}
		encoded := base64.StdEncoding.EncodeToString(raw)
		in := compile(t, encoded)
		labelled, err := in.Labelled(encoded, number, results)
		if err != nil {
			t.Fatal(err)
		}
		asText, err := s.Labelled(text, number, results)
		if err != nil {
			t.Fatal(err)
		}
		const object = `{"text":"a","label":"bug","confidence":0.93,"labels":[{"label":"bug","confidence":0.93}],"tokens":7,"classifier":"m"}`
		bin, err := compile(t, labelled).AppendBinary(nil, number, []byte(object))
		if err != nil {
			t.Fatal(err)
		}
		same, err := compile(t, asText).AppendBinary(nil, number, []byte(object))
		if err != nil || string(bin) != string(same) {
			t.Errorf("%x, by text %x, %v", bin, same, err)
		}
		if _, err := compile(t, labelled).Labelled(labelled, number, results); !fault.Is(err, fault.RecordFieldConflict) {
			t.Errorf("labelled twice: %v", err)
		}
	}
}

func TestBadSchemas(t *testing.T) {
	for _, text := range []string{``, `message`, `syntax = "proto3"; import "missing.proto"; message M {}`, `syntax = "proto3"; message M { Missing a = 1; }`, `syntax = "proto3"; enum E { A = 0; }`} {
		if _, err := Compile(text, nil); !fault.Is(err, fault.SchemaInvalid) {
			t.Errorf("%s: %v", text, err)
		}
	}
	compile(t, `syntax = "proto3"; import "confluent/meta.proto"; import "confluent/type/decimal.proto";
		message M { option (confluent.message_meta).doc = "d"; confluent.type.Decimal d = 1 [(confluent.field_meta).doc = "x"]; }`)
}

// Whatever decodes is JSON, and encodes to bytes that decode to the same JSON.
func FuzzAppendJSON(f *testing.F) {
	s := compile(f, shop+every)
	bin, err := s.AppendBinary(nil, reviewNumber, []byte(review))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(s.AppendIndex(nil, reviewNumber), bin)
	f.Add([]byte{0}, []byte{})
	f.Add([]byte{0}, []byte("\x0a\x01a\x12\x01b"))
	f.Add(s.AppendIndex(nil, reviewNumber), []byte("\x22\x01x\x22\x01y\x0a\x01a\x52\x04\x08\x01\x10\x01\x3a\x01z\x41\x00\x00\x00\x00\x00\x00\xf0\x3f\x4a\x00"))
	f.Add(s.AppendIndex(nil, allNumber), allKinds())
	f.Fuzz(func(t *testing.T, index, payload []byte) {
		number, rest, err := s.TakeIndex(append(index[:len(index):len(index)], payload...))
		if err != nil {
			return
		}
		js, err := s.AppendJSON(nil, number, rest)
		if err != nil {
			return
		}
		if !json.Valid(js) {
			t.Fatalf("no JSON: %s", js)
		}
		judged, err := s.appendByLibrary(nil, s.messages[number].of, rest)
		if err != nil || sorted(t, string(judged)) != sorted(t, string(js)) {
			t.Fatalf("the library has\n%s, not\n%s, %v", judged, js, err)
		}
		bin, err := s.AppendBinary(nil, number, js)
		if err != nil {
			t.Fatalf("%s: %v", js, err)
		}
		again, err := s.AppendJSON(nil, number, bin)
		if err != nil || sorted(t, string(js)) != sorted(t, string(again)) {
			t.Fatalf("%s\ncame back as\n%s, %v", js, again, err)
		}
	})
}

// The direct road takes no JSON that the library refuses, and makes the same message of it.
func FuzzAppendBinary(f *testing.F) {
	s := compile(f, shop+every)
	f.Add(uint8(reviewNumber), []byte(review))
	f.Add(uint8(reviewNumber), []byte(`{"text":null,"time":"2024-01-31T12:00:00Z","a":"","b":0}`))
	direct, _ := appendDirect(nil, s.messages[allNumber].plan, allKinds())
	f.Add(uint8(allNumber), direct)
	f.Fuzz(func(t *testing.T, number uint8, in []byte) {
		of, err := s.message(int(number))
		if err != nil || s.messages[number].plan == nil {
			return
		}
		bin, ok := encodeDirect(nil, s.messages[number].plan, in)
		if !ok {
			return
		}
		judged, err := s.encodeByLibrary(nil, of, in)
		if err != nil {
			t.Fatalf("the library refuses %s: %v", in, err)
		}
		a, errA := s.appendByLibrary(nil, of, bin)
		b, errB := s.appendByLibrary(nil, of, judged)
		if errA != nil || errB != nil || string(a) != string(b) || len(bin) != len(judged) {
			t.Fatalf("%x is %s, %v; the library has\n%x, %s, %v", bin, a, errA, judged, b, errB)
		}
	})
}

const ticket = `syntax = "proto3"; import "google/protobuf/timestamp.proto"; message Ticket { string id = 1; string text = 2; optional string channel = 3;
	bool urgent = 4; google.protobuf.Timestamp time = 5; double score = 6; int64 count = 7; repeated string tags = 8; }`

const ticketJSON = `{"id":"ticket-123","text":"I still have not received my new card, I ordered over 3 weeks ago and nobody answers","channel":"mail","urgent":false,"time":"2024-01-31T12:00:00.123Z","score":0.125,"count":"123456789","tags":["card","late"]}`

func BenchmarkDecode(b *testing.B) {
	s := compile(b, ticket)
	bin, err := s.AppendBinary(nil, 0, []byte(ticketJSON))
	if err != nil {
		b.Fatal(err)
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = s.AppendJSON(buf[:0], 0, bin)
	}
}

func BenchmarkEncode(b *testing.B) {
	s := compile(b, ticket)
	var buf []byte
	in := []byte(ticketJSON)
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = s.AppendBinary(buf[:0], 0, in)
	}
}

// BenchmarkLibrary is what the same costs by way of a message.
func BenchmarkLibrary(b *testing.B) {
	s := compile(b, ticket)
	bin, err := s.AppendBinary(nil, 0, []byte(ticketJSON))
	if err != nil {
		b.Fatal(err)
	}
	var buf []byte
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf, _ = s.appendByLibrary(buf[:0], s.messages[0].of, bin)
		}
	})
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf, _ = s.encodeByLibrary(buf[:0], s.messages[0].of, []byte(ticketJSON))
		}
	})
}

func TestAllocations(t *testing.T) {
	if race.Enabled {
		t.Skip("pools drop at random under the race detector")
	}
	s := compile(t, ticket)
	in := []byte(ticketJSON)
	bin, err := s.AppendBinary(nil, 0, in)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 0, 4096)
	// A collection may empty the pools.
	if n := testing.AllocsPerRun(100, func() { _, _ = s.AppendJSON(buf, 0, bin) }); n >= 1 {
		t.Errorf("decoding allocates %v times", n)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = s.AppendBinary(buf, 0, in) }); n >= 1 {
		t.Errorf("encoding allocates %v times", n)
	}
}
