//go:build integration

package stream

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/winnow-stream/winnow/test/broker"
)

// TestProtobuf labels what Confluent's serializer for Python wrote, and has its deserializer read it.
func TestProtobuf(t *testing.T) {
	interpreter := client(t)
	cluster, url := broker.Start(t), startRegistry(t)
	s := newScene(t, cluster, toRegistry{}, fmt.Sprintf("format: protobuf\nschema_registry: {url: %q}\nuntil: latest\n", url))
	const n = 40
	script(t, interpreter, "testdata/protobuf.py", "produce", cluster.Bootstrap, url, s.topic("in"), strconv.Itoa(n), strconv.FormatInt(firstTime.UnixMilli(), 10))
	s.done("run", s.spec)

	type record struct {
		Key       string
		Partition int
		Time      int64
		Headers   map[string]string
		Value     map[string]any
	}
	got, want := make(map[string]record), make(map[string]record)
	for line := range strings.Lines(script(t, interpreter, "testdata/protobuf.py", "consume", cluster.Bootstrap, url, s.topic("out"), strconv.Itoa(n-1))) {
		var r record
		s.must(json.Unmarshal([]byte(line), &r))
		if confidence, _ := r.Value["confidence"].(float64); r.Value["label"] != nil && (confidence <= 0 || confidence > 1 || r.Value["tokens"] == nil || r.Value["classifier"] == nil) {
			t.Errorf("the results of %s are %v", r.Key, r.Value)
		}
		for _, name := range []string{"confidence", "tokens", "classifier"} {
			delete(r.Value, name)
		}
		if _, twice := got[r.Key]; twice {
			t.Errorf("%s came out twice", r.Key)
		}
		got[r.Key] = r
	}
	for i := range n {
		r := record{
			Key: fmt.Sprintf("key %d", i), Partition: i % partitions, Time: firstTime.UnixMilli() + 1000*int64(i), Headers: map[string]string{"trace": "abc"},
			Value: map[string]any{
				"id": strconv.Itoa(1<<53 + i), "text": "my card was charged twice", "tags": []any{"a", strconv.Itoa(i)}, "raw": "AP8=", "label": "billing",
			},
		}
		switch {
		case i == 3: // with an empty text, which no label fits
			delete(r.Value, "text")
			delete(r.Value, "label")
		case i == 5: // without a value
			r.Value = nil
		case i == 7: // cut off
			continue
		case i%2 == 0:
			r.Value["stars"] = 0.0
		}
		want[r.Key] = r
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what Python reads (-want +got):\n%s", diff)
	}
	var dead []string
	s.consume(s.topic("dead"), func(r *kgo.Record) {
		for _, h := range r.Headers {
			if h.Key == "winnow-code" {
				dead = append(dead, string(r.Key)+" "+string(h.Value))
			}
		}
	})
	if diff := cmp.Diff([]string{"key 7 record.schema"}, dead); diff != "" {
		t.Errorf("dead letters (-want +got):\n%s", diff)
	}
	reg, err := sr.NewClient(sr.URLs(url))
	s.must(err)
	schema, err := reg.SchemaByVersion(t.Context(), s.topic("out")+"-value", -1)
	s.must(err)
	if schema.Type != sr.TypeProtobuf {
		t.Errorf("the output's schema is %s", schema.Type)
	}
}
