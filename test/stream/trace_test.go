//go:build integration

package stream

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/test/broker"
	"github.com/winnow-stream/winnow/test/collector"
)

// traced is toKafka with spans that go to a collector.
type traced struct {
	toKafka
	to string
}

func (o traced) sinks(s *scene) string {
	return o.toKafka.sinks(s) + fmt.Sprintf("tracing: {endpoint: %q}\n", o.to)
}

// TestTraces looks at the traces of events: winnow's span is in them, below the producer's, with the label that the
// output has, and the output carries the trace on.
func TestTraces(t *testing.T) {
	c := collector.Start(t)
	s := newScene(t, broker.Start(t), traced{to: c.URL}, "")
	p := s.run("--quiet")
	events := []struct{ trace, span, value string }{
		{trace: "0af7651916cd43dd8448eb211c80319c", span: "b7ad6b7169203331", value: `{"id":0,"text":"my card was charged twice"}`},
		{trace: "4bf92f3577b34da6a3ce929d0e0e4736", span: "00f067aa0ba902b7", value: `{"id":1,"text":"the app crashes when I log in"}`},
		{trace: "11111111111111111111111111111111", span: "2222222222222222", value: `not JSON`},
	}
	for i, e := range events { // each at offset i of partition 3
		parent := []byte("00-" + e.trace + "-" + e.span + "-01")
		s.produce(t.Context(), &kgo.Record{Partition: 3, Value: []byte(e.value), Headers: []kgo.RecordHeader{{Key: "traceparent", Value: parent}}})
		spans := c.Await(t, 1, func(s *collector.Span) bool { return s.Trace == e.trace })
		span := spans[0]
		if len(spans) != 1 || span.Parent != e.span || span.Name != "process "+s.topic("in") || span.Kind != "CONSUMER" {
			t.Errorf("event %d: %+v", i, spans)
		}
		a := span.Attributes
		if a["messaging.kafka.offset"] != int64(i) || a["messaging.destination.partition.id"] != "3" || a["messaging.destination.name"] != s.topic("in") {
			t.Errorf("event %d: %v", i, a)
		}
		batches := c.Await(t, 1, func(b *collector.Span) bool { return len(span.Links) == 1 && b.ID == span.Links[0].ID })
		if b := batches[0]; b.Attributes["winnow.epoch.outcome"] != "committed" || len(b.Links) != 1 || b.Links[0] != (collector.Link{Trace: e.trace, ID: e.span}) {
			t.Errorf("event %d: the batch %+v", i, b)
		}
	}
	p.end()

	labels := map[string]any{} // by what the output carries on
	s.consume(s.topic("out"), func(r *kgo.Record) {
		var v struct{ Label string }
		s.must(json.Unmarshal(r.Value, &v))
		labels[carried(r)] = v.Label
	})
	s.consume(s.topic("dead"), func(r *kgo.Record) { labels[carried(r)] = nil })
	for i, e := range events {
		span := c.Spans(func(s *collector.Span) bool { return s.Trace == e.trace })[0]
		label, came := labels["00-"+e.trace+"-"+e.span+"-01"]
		fate := map[bool]string{true: "dead", false: "delivered"}[label == nil]
		if !came || span.Attributes["winnow.label"] != label || span.Attributes["winnow.fate"] != fate {
			t.Errorf("event %d: labelled %v, and its span says %v", i, label, span.Attributes)
		}
	}
}

func carried(r *kgo.Record) string {
	for _, h := range r.Headers {
		if h.Key == "traceparent" {
			return string(h.Value)
		}
	}
	return ""
}
