//go:build integration

package stream

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hamba/avro/v2"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/winnow-stream/winnow/connectors/kafka/registry"
	"github.com/winnow-stream/winnow/test/broker"
)

// form is a way to write tickets by a schema registry: {id, text, body}, where text may be missing. What is written by next
// has the field stars as well.
type form struct {
	format       registry.Format
	kind         sr.SchemaType
	schema, next string
	payload      func(t *testing.T, v ticket) []byte
	broken       []byte // fits neither
}

type ticket struct {
	ID    int64   `avro:"id" json:"id"`
	Text  *string `avro:"text" json:"text,omitempty"`
	Body  string  `avro:"body" json:"body"`
	Stars int32   `avro:"stars" json:"stars,omitempty"` // of next alone
}

const (
	avroTicket = `{"type":"record","name":"Ticket","fields":[{"name":"id","type":"long"},{"name":"text","type":["null","string"],"default":null},{"name":"body","type":"string"}%s]}`
	jsonTicket = `{"type":"object","title":"Ticket","properties":{"id":{"type":"integer"},"text":{"type":"string"},"body":{"type":"string"}%s},"required":["id"]}`
	protoText  = `syntax = "proto3"; message Ticket { int64 id = 1; optional string text = 2; string body = 3;%s }`
)

var forms = []form{
	{
		format: registry.Avro, kind: sr.TypeAvro, broken: []byte{2},
		schema: fmt.Sprintf(avroTicket, ""), next: fmt.Sprintf(avroTicket, `,{"name":"stars","type":"int","default":0}`),
		payload: func(t *testing.T, v ticket) []byte {
			t.Helper()
			schema := fmt.Sprintf(avroTicket, "")
			if v.Stars > 0 {
				schema = fmt.Sprintf(avroTicket, `,{"name":"stars","type":"int","default":0}`)
			}
			out, err := avro.Marshal(avro.MustParse(schema), v)
			if err != nil {
				t.Fatal(err)
			}
			return out
		},
	},
	{
		format: registry.Protobuf, kind: sr.TypeProtobuf, broken: []byte{0, 0x12, 0x7f},
		schema: fmt.Sprintf(protoText, ""), next: fmt.Sprintf(protoText, " int32 stars = 4;"),
		payload: func(_ *testing.T, v ticket) []byte {
			out := protowire.AppendVarint(protowire.AppendTag([]byte{0}, 1, protowire.VarintType), uint64(v.ID)) // 0: the first message
			if v.Text != nil {
				out = protowire.AppendString(protowire.AppendTag(out, 2, protowire.BytesType), *v.Text)
			}
			out = protowire.AppendString(protowire.AppendTag(out, 3, protowire.BytesType), v.Body)
			if v.Stars > 0 {
				out = protowire.AppendVarint(protowire.AppendTag(out, 4, protowire.VarintType), uint64(v.Stars))
			}
			return out
		},
	},
	{
		format: registry.JSONSchema, kind: sr.TypeJSON, broken: []byte(`{"id":`),
		schema: fmt.Sprintf(jsonTicket, ""), next: fmt.Sprintf(jsonTicket, `,"stars":{"type":"integer"}`),
		payload: func(t *testing.T, v ticket) []byte {
			t.Helper()
			out, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			return out
		},
	},
}

// TestReplayOfSchemas rejects records of a schema registry for each reason and replays them: those that are mended come out
// once, in the output's schema, with what they had beside their value.
func TestReplayOfSchemas(t *testing.T) {
	cluster, url := broker.Start(t), startRegistry(t)
	for _, f := range forms {
		t.Run(f.kind.String(), func(t *testing.T) { f.replay(t, cluster, url) })
	}
}

func (f *form) replay(t *testing.T, cluster *broker.Broker, url string) {
	s := newScene(t, cluster, toKafka{}, fmt.Sprintf("format: %s\nschema_registry: {url: %q}\n", f.format, url))
	reg, err := sr.NewClient(sr.URLs(url))
	s.must(err)
	first, err := reg.CreateSchema(t.Context(), s.topic("in")+"-value", sr.Schema{Schema: f.schema, Type: f.kind})
	s.must(err)
	unknown := first.ID + 2 // behind the output's
	text := "my bill is wrong"
	var values []string
	add := func(schema int, payload []byte) {
		values = append(values, string(append(binary.BigEndian.AppendUint32([]byte{0}, uint32(schema)), payload...)))
	}
	for id := range int64(8) {
		switch v := (ticket{ID: id, Text: &text, Body: "the app crashes"}); id {
		case 2, 5: // no text
			v.Text = nil
			add(first.ID, f.payload(t, v))
		case 3, 6: // a schema that is registered later
			v.Stars = 5
			add(unknown, f.payload(t, v))
		case 4:
			add(first.ID, f.broken)
		default:
			add(first.ID, f.payload(t, v))
		}
	}
	s.send(3, values...)
	s.done("run", s.spec, "--set", "source.kafka.until=latest")
	if diff := cmp.Diff([]string{"0 1", "1 1", "7 1"}, f.labelled(s, url)); diff != "" {
		t.Fatalf("labelled by the run (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(s.reasons("record.text_missing 1 2", "schema.unknown 1 3", "record.schema 1 4", "record.text_missing 1 5", "schema.unknown 1 6"), s.codes()); diff != "" {
		t.Fatalf("dead letters (-want +got):\n%s", diff)
	}

	second, err := reg.CreateSchema(t.Context(), s.topic("in")+"-value", sr.Schema{Schema: f.next, Type: f.kind})
	s.must(err)
	if second.ID != unknown {
		t.Fatalf("the second schema is %d, want %d", second.ID, unknown)
	}
	again := []string{"dead", "replay", s.spec, "--set", "text=text ?? body"}
	s.done(again...)
	want := []string{"0 1", "1 1", "2 1", "3 1", "5 1", "6 1", "7 1"}
	if diff := cmp.Diff(want, f.labelled(s, url)); diff != "" {
		t.Errorf("labelled after the replay (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(s.reasons("record.schema 2 4"), s.codes()[5:]); diff != "" {
		t.Errorf("dead letters after the replay (-want +got):\n%s", diff)
	}
	if out, err := s.command(again...); err == nil || !strings.Contains(out, "run.all_rejected") { // the broken one alone
		t.Errorf("a second replay: %v", err)
	}
	if diff := cmp.Diff(want, f.labelled(s, url)); diff != "" {
		t.Errorf("labelled after the second replay (-want +got):\n%s", diff)
	}
}

// reasons are codes with the attempts and the places of their records.
func (s *scene) reasons(all ...string) []string {
	for i, r := range all {
		code, at, _ := strings.Cut(r, " ")
		attempts, offset, _ := strings.Cut(at, " ")
		all[i] = fmt.Sprintf("%s %s %s/3/%s", code, attempts, s.topic("in"), offset)
	}
	return all
}

// codes are the dead letters' codes, attempts and places.
func (s *scene) codes() []string {
	var all []string
	for _, l := range s.letters() {
		all = append(all, strings.Join(strings.Fields(l)[:3], " "))
	}
	return all
}

// labelled is which records are in the output, and how often; what else is to be said of them is an error.
func (f *form) labelled(s *scene, url string) []string {
	s.t.Helper()
	r, err := registry.New(registry.Config{URL: url})
	s.must(err)
	decoder := r.Decoder(f.format)
	times := make(map[int64]int)
	s.consume(s.topic("out"), func(r *kgo.Record) {
		object, _, err := decoder.Append(s.t.Context(), nil, r.Value)
		if err != nil {
			s.t.Errorf("%s/%d/%d: %v", r.Topic, r.Partition, r.Offset, err)
			return
		}
		var v struct {
			ID         json.Number
			Text       *string
			Body       string
			Stars      int
			Label      string
			Confidence float64
		}
		s.must(json.Unmarshal(object, &v))
		id, err := v.ID.Int64()
		s.must(err)
		want := "billing"
		if v.Text == nil {
			want = "bug"
		}
		if v.Label != want || v.Confidence <= 0 || v.Body != "the app crashes" || (v.Stars == 5) != (id == 3 || id == 6) {
			s.t.Errorf("record %d: %s, want %s", id, object, want)
		}
		if string(r.Key) != "k" || !r.Timestamp.Equal(recordTime(id)) || r.Partition != 3 || len(r.Headers) != 1 || r.Headers[0].Key != "trace" {
			s.t.Errorf("record %d has the key %q, the time %v, the partition %d and the headers %v", id, r.Key, r.Timestamp, r.Partition, r.Headers)
		}
		times[id]++
	})
	var all []string
	for id, n := range times {
		all = append(all, fmt.Sprintf("%d %d", id, n))
	}
	slices.Sort(all)
	return all
}
