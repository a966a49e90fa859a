//go:build integration

package stream

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hamba/avro/v2"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/winnow-stream/winnow/test/broker"
)

const ticketSchema = `{"type":"record","name":"Ticket","fields":[{"name":"id","type":"long"},{"name":"text","type":["null","string"],"default":null}]}`

// toRegistry writes what it reads: records of a schema registry.
type toRegistry struct{ toKafka }

// TestRegistry reads and writes Avro by a schema registry: the output is Avro too, under a schema with the results'
// fields, and what names no known schema, or does not fit it, is dead.
func TestRegistry(t *testing.T) {
	url := startRegistry(t)
	s := newScene(t, broker.Start(t), toRegistry{}, fmt.Sprintf("format: avro\nschema_registry: {url: %q}\nuntil: latest\n", url))
	ctx := t.Context()
	reg, err := sr.NewClient(sr.URLs(url))
	s.must(err)
	made, err := reg.CreateSchema(ctx, s.topic("in")+"-value", sr.Schema{Schema: ticketSchema, Type: sr.TypeAvro})
	s.must(err)
	schema := avro.MustParse(ticketSchema)
	type ticket struct {
		ID   int64   `avro:"id"`
		Text *string `avro:"text"`
	}
	framed := func(id int, payload []byte) []byte {
		return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(id)), payload...)
	}
	text := "my card was charged twice"
	for i := range int64(100) {
		v := ticket{ID: i, Text: &text}
		if i == 7 {
			v.Text = nil // no text: dead
		}
		payload, err := avro.Marshal(schema, v)
		s.must(err)
		s.produce(ctx, &kgo.Record{Value: framed(made.ID, payload), Key: []byte{byte(i)}})
	}
	s.produce(ctx, &kgo.Record{Value: framed(987654, []byte("x"))}, &kgo.Record{Value: []byte(`{"id":1}`)}, &kgo.Record{Value: framed(made.ID, []byte{2})})
	p := s.run()
	<-p.done
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		p.tell()
		t.Fatalf("it ended with %d", code)
	}
	var labelled avro.Schema
	out := map[int64]string{}
	s.consume(s.topic("out"), func(r *kgo.Record) {
		id := int(binary.BigEndian.Uint32(r.Value[1:5]))
		if labelled == nil {
			got, err := reg.SchemaByID(ctx, id)
			s.must(err)
			labelled = avro.MustParse(got.Schema)
			t.Log(got.Schema)
		}
		var v struct {
			ID         int64    `avro:"id"`
			Text       *string  `avro:"text"`
			Label      *string  `avro:"label"`
			Confidence *float32 `avro:"confidence"`
		}
		s.must(avro.Unmarshal(labelled, r.Value[5:], &v))
		if v.Label == nil || v.Text == nil || *v.Text != text || len(r.Key) != 1 || int64(r.Key[0]) != v.ID {
			t.Errorf("record %d: %+v, key %v", v.ID, v, r.Key)
			return
		}
		out[v.ID] = *v.Label
	})
	if len(out) != 99 {
		t.Errorf("%d records came out, want 99", len(out))
	}
	var codes []string
	s.consume(s.topic("dead"), func(r *kgo.Record) {
		for _, h := range r.Headers {
			if h.Key == "winnow-code" {
				codes = append(codes, string(h.Value))
			}
		}
	})
	slices.Sort(codes)
	if got := strings.Join(codes, " "); got != "record.schema record.text_missing schema.unknown schema.unknown" {
		t.Errorf("dead letters: %s", got)
	}
	if subjects, err := reg.Subjects(ctx); err != nil || !slices.Contains(subjects, s.topic("out")+"-value") {
		t.Errorf("subjects %v, %v", subjects, err)
	}
}

// produce writes records to the input.
func (s *scene) produce(ctx context.Context, records ...*kgo.Record) {
	s.t.Helper()
	for _, r := range records {
		r.Topic = s.topic("in")
	}
	s.must(s.feed.cl.ProduceSync(ctx, records...).FirstErr())
}

// startRegistry starts a schema registry and returns its address.
func startRegistry(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "registry")
	start := exec.Command("../../scripts/services", "start", "registry", "--port", "0", "--dir", dir)
	var stderr bytes.Buffer
	start.Stderr = &stderr
	out, err := start.Output()
	if err != nil {
		t.Fatalf("start a registry: %v\n%s", err, stderr.Bytes())
	}
	t.Cleanup(func() {
		if err := exec.Command("../../scripts/services", "stop", "registry", "--dir", dir).Run(); err != nil {
			t.Error(err)
		}
	})
	return "http://" + strings.TrimSpace(string(out))
}
