package registry_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/winnow-stream/winnow/connectors/kafka/registry"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

const (
	review = `{"type":"record","name":"Review","namespace":"shop","fields":[{"name":"text","type":"string"},{"name":"who","type":["null","shop.Who"],"default":null}]}`
	who    = `{"type":"record","name":"Who","namespace":"shop","fields":[{"name":"age","type":"int"}]}`

	reviewProto = `syntax = "proto3"; package shop; import "who.proto"; message Other { string a = 1; } message Review { string text = 1; Who who = 2; }`
	whoProto    = `syntax = "proto3"; package shop; message Who { int32 age = 1; }`

	reviewJSON = `{"type":"object","properties":{"text":{"type":"string"},"who":{"$ref":"who.json"}}}`
	whoJSON    = `{"type":"object","properties":{"age":{"type":"integer"}}}`
)

var results = []registry.Field{
	{Name: "label", Kind: registry.Label},
	{Name: "confidence", Kind: registry.Confidence},
	{Name: "labels", Kind: registry.Labels},
	{Name: "tokens", Kind: registry.Tokens},
	{Name: "classifier", Kind: registry.Classifier},
}

// Ids of the schemas in the fake.
const (
	whoID = 100000 + iota
	avroID
	whoProtoID
	protoID
	whoJSONID
	jsonID
)

func fake(t testing.TB) *srfake.Registry {
	f := srfake.New()
	t.Cleanup(f.Close)
	ref := func(name, subject string) []sr.SchemaReference {
		return []sr.SchemaReference{{Name: name, Subject: subject, Version: 1}}
	}
	f.SeedSchema("who", 1, whoID, sr.Schema{Schema: who})
	f.SeedSchema("in-value", 1, avroID, sr.Schema{Schema: review, References: ref("shop.Who", "who")})
	f.SeedSchema("who-proto", 1, whoProtoID, sr.Schema{Schema: whoProto, Type: sr.TypeProtobuf})
	f.SeedSchema("in-proto", 1, protoID, sr.Schema{Schema: reviewProto, Type: sr.TypeProtobuf, References: ref("who.proto", "who-proto")})
	f.SeedSchema("who-json", 1, whoJSONID, sr.Schema{Schema: whoJSON, Type: sr.TypeJSON})
	f.SeedSchema("in-json", 1, jsonID, sr.Schema{Schema: reviewJSON, Type: sr.TypeJSON, References: ref("who.json", "who-json")})
	return f
}

func open(t testing.TB, cfg registry.Config) *registry.Registry {
	t.Helper()
	r, err := registry.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func value(id uint32, payload string) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, id), payload...)
}

var records = []struct {
	format registry.Format
	value  []byte
	id     registry.ID
	json   string
}{
	{registry.Avro, value(avroID, "\x08late\x02\x06"), avroID, `{"text":"late","who":{"age":3}}`},
	{registry.Protobuf, value(protoID, "\x02\x02\x0a\x04late\x12\x02\x08\x03"), 1<<32 | protoID, `{"text":"late","who":{"age":3}}`},
	{registry.Protobuf, value(protoID, "\x00\x0a\x04late"), protoID, `{"a":"late"}`},
	{registry.JSONSchema, value(jsonID, ` {"text":"late","who":{"age":3}} `+"\n"), jsonID, `{"text":"late","who":{"age":3}}`},
}

const labels = `"label":"bug","confidence":0.93,"labels":[{"label":"bug","confidence":0.93}],"tokens":7,"classifier":"m@1"`

// A record comes in, is labelled, and goes out with a schema that was made for it; a decoder reads it again.
func TestRoundTrip(t *testing.T) {
	f := fake(t)
	r := open(t, registry.Config{URL: f.URL(), Validate: true})
	if err := r.Reach(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range records {
		t.Run(string(c.format), func(t *testing.T) {
			got, id, err := r.Decoder(c.format).Append(t.Context(), []byte("x"), c.value)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff("x"+c.json, string(got)); diff != "" || id != c.id {
				t.Fatalf("id %d\n%s", id, diff)
			}
			topic := strings.ReplaceAll(t.Name(), "/", "-")
			e, err := r.Encoder(t.Context(), c.format, topic, id, results)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := r.Encoder(t.Context(), c.format, topic, id, results); again != e || err != nil {
				t.Errorf("another encoder, %v", err)
			}
			if stored, ok := f.GetSchema(topic+"-value", 1); !ok || stored.ID != int(e.ID()) || stored.Schema.Schema != e.Schema() {
				t.Errorf("stored is %v, %v", stored, ok)
			}
			labelled := strings.TrimSuffix(c.json, "}") + "," + labels + "}"
			out, err := e.Append([]byte("x"), []byte(labelled))
			if err != nil {
				t.Fatal(err)
			}
			back, _, err := r.Decoder(c.format).Append(t.Context(), nil, out[1:])
			if err != nil || string(back) != labelled {
				t.Errorf("%s\n%v", cmp.Diff(labelled, string(back)), err)
			}
			if _, err := r.Encoder(t.Context(), c.format, topic, registry.ID(e.ID())|id&^0xffffffff, results); !fault.Is(err, fault.RecordFieldConflict) {
				t.Errorf("labelled twice: %v", err)
			}
			out, err = e.Append([]byte("x"), []byte(`{"text":5`))
			if c.format != registry.JSONSchema && (!fault.Is(err, fault.RecordSchema) || string(out) != "x") {
				t.Errorf("bad JSON: %q, %v", out, err)
			}
		})
	}
}

func TestBadValues(t *testing.T) {
	f := fake(t)
	r := open(t, registry.Config{URL: f.URL(), Validate: true})
	f.SeedSchema("odd", 1, 7, sr.Schema{Schema: `"string"`})
	for _, c := range []struct {
		name   string
		format registry.Format
		value  []byte
		code   *fault.Code
		want   string
	}{
		{"empty", registry.Avro, nil, fault.SchemaUnknown, "does not begin"},
		{"short", registry.Avro, []byte{0, 0, 0, 0}, fault.SchemaUnknown, "does not begin"},
		{"JSON", registry.Avro, []byte(`{"text":"a"}`), fault.SchemaUnknown, "does not begin"},
		{"unknown id", registry.Avro, value(5, "x"), fault.SchemaUnknown, "no schema of the id 5"},
		{"large id", registry.Avro, value(1<<32-1, "x"), fault.SchemaUnknown, "no schema of the id 4294967295"},
		{"no payload", registry.Avro, value(avroID, ""), fault.RecordSchema, "cut short"},
		{"other format", registry.Avro, value(protoID, "\x00"), fault.RecordSchema, "PROTOBUF, not avro"},
		{"no record", registry.Avro, value(7, ""), fault.RecordSchema, "not a record"},
		{"no index", registry.Protobuf, value(protoID, ""), fault.RecordSchema, "index"},
		{"wrong index", registry.Protobuf, value(protoID, "\x02\x0e"), fault.RecordSchema, "no message at"},
		{"no JSON", registry.JSONSchema, value(jsonID, "{"), fault.RecordSchema, "not one JSON object"},
		{"two", registry.JSONSchema, value(jsonID, "{}{}"), fault.RecordSchema, "not one JSON object"},
		{"list", registry.JSONSchema, value(jsonID, "[]"), fault.RecordSchema, "not one JSON object"},
		{"invalid", registry.JSONSchema, value(jsonID, `{"who":{"age":"x"}}`), fault.RecordSchema, "who.age"},
	} {
		out, id, err := r.Decoder(c.format).Append(t.Context(), []byte("x"), c.value)
		if !fault.Is(err, c.code) || !strings.Contains(err.Error(), c.want) || string(out) != "x" || id != 0 {
			t.Errorf("%s: %q, %d, %v", c.name, out, id, err)
		}
	}
}

// Unless it is asked for, JSON is not held against its schema.
func TestNotValidated(t *testing.T) {
	r := open(t, registry.Config{URL: fake(t).URL()})
	out, _, err := r.Decoder(registry.JSONSchema).Append(t.Context(), nil, value(jsonID, `{"who":{"age":"x"}}`))
	if err != nil || string(out) != `{"who":{"age":"x"}}` {
		t.Errorf("%s, %v", out, err)
	}
}

// Each schema is asked for once, however many ask; an unknown id is asked for again after a while.
func TestCache(t *testing.T) {
	f := fake(t)
	var asked atomic.Int64
	f.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/schemas/ids/") {
			asked.Add(1)
		}
		return false
	})
	now := time.Unix(0, 0)
	r := open(t, registry.Config{URL: f.URL(), Now: func() time.Time { return now }})
	d := r.Decoder(registry.Avro)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 100 {
				if _, _, err := d.Append(t.Context(), nil, records[0].value); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	for range 3 {
		_, _, err := d.Append(t.Context(), nil, value(8, "\x08late\x00"))
		if !fault.Is(err, fault.SchemaUnknown) {
			t.Error(err)
		}
	}
	if n := asked.Load(); n != 2 {
		t.Errorf("asked %d times", n)
	}
	f.SeedSchema("late", 1, 8, sr.Schema{Schema: `{"type":"record","name":"R","fields":[{"name":"a","type":"string"}]}`})
	now = now.Add(time.Minute)
	if out, _, err := d.Append(t.Context(), nil, value(8, "\x08late")); err != nil || string(out) != `{"a":"late"}` {
		t.Errorf("%s, %v", out, err)
	}
	for i := range 3000 { // ids that a stranger makes up don't fill the memory
		_, _, _ = d.Append(t.Context(), nil, value(uint32(1000+i), ""))
	}
}

func TestAway(t *testing.T) {
	f := fake(t)
	var mode atomic.Int64
	f.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		status := int(mode.Load())
		if status == 0 {
			return false
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"error_code":50001,"message":"the store is gone"}`))
		return true
	})
	r := open(t, registry.Config{URL: f.URL()})
	d := r.Decoder(registry.Avro)
	for _, status := range []int{500, 401, 404, 503} {
		mode.Store(int64(status))
		if err := r.Reach(t.Context()); !fault.Is(err, fault.SchemaRegistry) {
			t.Errorf("%d: Reach gives %v", status, err)
		}
		if _, _, err := d.Append(t.Context(), nil, records[0].value); !fault.Is(err, fault.SchemaRegistry) {
			t.Errorf("%d: Append gives %v", status, err)
		}
	}
	mode.Store(0)
	_, id, err := d.Append(t.Context(), nil, records[0].value)
	if err != nil {
		t.Error(err)
	}
	mode.Store(500)
	if _, err := r.Encoder(t.Context(), registry.Avro, "t", id, results); !fault.Is(err, fault.SchemaRegistry) {
		t.Error(err)
	}
	mode.Store(0)
	if _, err := r.Encoder(t.Context(), registry.Avro, "t", id, results); err != nil {
		t.Error(err)
	}
	f.Close()
	if _, _, err := d.Append(t.Context(), nil, records[0].value); err != nil {
		t.Errorf("a known schema needs the registry: %v", err)
	}
	_, _, err = d.Append(t.Context(), nil, value(whoID, "\x02"))
	if !fault.Is(err, fault.SchemaRegistry) || fault.FateOf(err) != fault.Transient {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := d.Append(ctx, nil, value(whoID, "\x02")); !fault.Is(err, fault.SchemaRegistry) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestRefused(t *testing.T) {
	f := fake(t)
	r := open(t, registry.Config{URL: f.URL(), Subject: "my-<topic>", AutoRegister: new(bool)})
	_, err := r.Encoder(t.Context(), registry.Avro, "out", avroID, results)
	if !fault.Is(err, fault.SchemaRefused) || !strings.Contains(err.Error(), "my-out does not have the labelled schema") || !strings.Contains(err.Error(), "level is BACKWARD") {
		t.Error(err)
	}
	e, err := open(t, registry.Config{URL: f.URL(), Subject: "my-<topic>"}).Encoder(t.Context(), registry.Avro, "out", avroID, results)
	if err != nil {
		t.Fatal(err)
	}
	again, err := r.Encoder(t.Context(), registry.Avro, "out", avroID, results)
	if err != nil || again.ID() != e.ID() {
		t.Errorf("looked up %v, %v", again, err)
	}

	f.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost {
			return false
		}
		w.WriteHeader(http.StatusConflict)
		_ = json.NewEncoder(w).Encode(map[string]any{"error_code": 409, "message": "Schema being registered is incompatible"})
		return true
	})
	_, err = open(t, registry.Config{URL: f.URL()}).Encoder(t.Context(), registry.Avro, "other", avroID, results)
	if !fault.Is(err, fault.SchemaRefused) || !strings.Contains(err.Error(), "Schema being registered is incompatible") {
		t.Error(err)
	}
	_, err = r.Encoder(t.Context(), registry.Avro, "out", avroID, []registry.Field{{Name: "a-b"}})
	if !fault.Is(err, fault.SchemaInvalid) {
		t.Error(err)
	}
}

func TestConfig(t *testing.T) {
	for _, c := range []struct {
		cfg  registry.Config
		want string
	}{
		{registry.Config{}, "url: config.missing"},
		{registry.Config{URL: "localhost:8081"}, "http://"},
		{registry.Config{URL: "http://a:1, ftp://b"}, "http://"},
		{registry.Config{URL: "http://me:secret@a:1"}, "fields of their own"},
		{registry.Config{URL: "http://a:1", Password: unit.NewSecret("x")}, "password"},
		{registry.Config{URL: "http://a:1", CA: "missing.pem"}, "ca: config.field"},
	} {
		_, err := registry.New(c.cfg)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v: %v", c.cfg, err)
		}
	}
}

func TestAuth(t *testing.T) {
	f := srfake.New(srfake.WithAuth("Basic bWU6c2VjcmV0"))
	t.Cleanup(f.Close)
	if err := open(t, registry.Config{URL: f.URL(), User: "me", Password: unit.NewSecret("secret")}).Reach(t.Context()); err != nil {
		t.Error(err)
	}
	r := open(t, registry.Config{URL: f.URL(), User: "me", Password: unit.NewSecret("hidden")})
	_, _, err := r.Decoder(registry.Avro).Append(t.Context(), nil, value(1, ""))
	if !fault.Is(err, fault.SchemaRegistry) || strings.Contains(err.Error(), "hidden") || !strings.Contains(err.Error(), "403 Forbidden") {
		t.Error(err)
	}
	if err := open(t, registry.Config{URL: f.URL()}).Reach(t.Context()); !fault.Is(err, fault.SchemaRegistry) {
		t.Error(err)
	}
}

// FuzzDecoder holds that no value of any format panics, and that what decodes is one JSON object.
func FuzzDecoder(f *testing.F) {
	r := open(f, registry.Config{URL: fake(f).URL(), Validate: true})
	for i, c := range records {
		f.Add(uint8(i), c.value[5:])
	}
	f.Fuzz(func(t *testing.T, which uint8, payload []byte) {
		c := records[int(which)%len(records)]
		v := append(c.value[:5:5], payload...)
		out, id, err := r.Decoder(c.format).Append(t.Context(), nil, v)
		if err != nil {
			if !fault.Is(err, fault.RecordSchema) {
				t.Fatal(err)
			}
			return
		}
		if len(out) == 0 || out[0] != '{' || !json.Valid(out) {
			t.Fatalf("not one object: %s", out)
		}
		e, err := r.Encoder(t.Context(), c.format, "out", id, results)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Append(nil, out); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
	})
}

func BenchmarkDecoder(b *testing.B) {
	r := open(b, registry.Config{URL: fake(b).URL()})
	for _, c := range records {
		b.Run(string(c.format), func(b *testing.B) {
			d := r.Decoder(c.format)
			var buf []byte
			b.ReportAllocs()
			for b.Loop() {
				buf, _, _ = d.Append(b.Context(), buf[:0], c.value)
			}
		})
	}
}

// Whoever reads a topic decodes each value, labels the object, and encodes it for the output topic.
func Example() {
	f := srfake.New()
	defer f.Close()
	f.SeedSchema("tickets-value", 1, 1, sr.Schema{Schema: `{"type":"record","name":"Ticket","fields":[{"name":"text","type":"string"}]}`})

	ctx := context.Background()
	r, err := registry.New(registry.Config{URL: f.URL()})
	if err != nil {
		panic(err)
	}
	defer r.Close()
	object, id, err := r.Decoder(registry.Avro).Append(ctx, nil, []byte("\x00\x00\x00\x00\x01\x08late"))
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s\n", object)

	e, err := r.Encoder(ctx, registry.Avro, "labelled", id, []registry.Field{{Name: "label", Kind: registry.Label}})
	if err != nil {
		panic(err)
	}
	value, err := e.Append(nil, []byte(`{"text":"late","label":"delivery"}`))
	if err != nil {
		panic(err)
	}
	fmt.Printf("%q\n", value[5:])
	// Output:
	// {"text":"late"}
	// "\blate\x02\x10delivery"
}
