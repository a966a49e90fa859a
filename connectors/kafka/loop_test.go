package kafka_test

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/connectors/kafka"
	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

func TestCheckLoops(t *testing.T) {
	here, there := cluster.Connection{Brokers: []string{"a:9092"}}, cluster.Connection{Brokers: []string{"b:9092"}}
	topics := &kafka.SourceConfig{Connection: here, Topics: []string{"in", "more"}}
	pattern := &kafka.SourceConfig{Connection: here, TopicsRegex: `^in(\.|$)`}
	to := func(topic string) *kafka.SinkConfig { return &kafka.SinkConfig{Topic: topic} }
	for _, c := range []struct {
		name string
		from pipeline.SourceConfig
		out  *kafka.SinkConfig
		dead pipeline.SinkConfig
		says string // empty: it is fine
	}{
		{"apart", topics, to("out.{{label}}"), to("dead"), ""},
		{"no dead letters", topics, to("out"), nil, ""},
		{"read", topics, to("more"), nil, "more is both"},
		{"read under a label", topics, to("i{{label}}"), nil, "in is both"},
		{"read, in another cluster", topics, &kafka.SinkConfig{Connection: there, Topic: "in"}, nil, ""},
		{"read, by the same brokers", topics, &kafka.SinkConfig{Connection: here, Topic: "in"}, nil, "in is both"},
		{"a pattern", pattern, to("in.labelled"), nil, "in.labelled is both"},
		{"a pattern's topics are not known", pattern, to("{{topic}}.labelled"), nil, ""},
		{"dead letters are read", topics, to("out"), to("in"), "in is both"},
		{"dead letters are the output", topics, to("out"), to("out"), "out takes labelled"},
		{"dead letters of an unknown topic", pattern, to("{{topic}}.{{label}}"), to("{{topic}}.n"), "takes labelled"},
		{"dead letters elsewhere", topics, to("out"), &kafka.SinkConfig{Connection: there, Topic: "out"}, ""},
		{"another kind of source", nil, &kafka.SinkConfig{Connection: here, Topic: "x"}, &kafka.SinkConfig{Connection: here, Topic: "x"}, "x takes labelled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := kafka.CheckLoops(c.from, []pipeline.SinkConfig{c.out}, c.dead, []string{"n", "bug"})
			if c.says == "" && err != nil || c.says != "" && (!fault.Is(err, fault.ConfigLoop) || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}

// A topic that comes after the start may make its output one that is read, or one of the dead letters.
func TestTopicsThatStray(t *testing.T) {
	b := newBed(t)
	adm := kadm.NewClient(b.cl)
	create := func(topics ...string) {
		if _, err := adm.CreateTopics(t.Context(), 1, 1, nil, topics...); err != nil {
			t.Fatal(err)
		}
	}
	create("a", "a.out", "a.dead", "b.dead")
	b.from.Topics, b.from.TopicsRegex, b.from.Until = nil, `^(a|b|b\.out|c|c\.dead)$`, ""
	b.from.Refresh = unit.Duration(100 * time.Millisecond)
	b.to.Topic, b.dead.Topic = "{{topic}}.out", "{{topic}}.dead"
	b.produce(&kgo.Record{Topic: "a", Value: []byte(`{"text":"x"}`)}, &kgo.Record{Topic: "a", Value: []byte(`{"text`)})
	p, err := b.build()
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := p.Run(t.Context())
		ended <- err
	}()
	reads := func(n int64) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); p.Status().Committed.Read < n; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%+v", p.Status())
			}
		}
	}
	reads(2)
	create("b.out", "b")
	b.produce(&kgo.Record{Topic: "b", Value: []byte(`{"text":"y"}`)})
	reads(3)
	dead := b.read("b.dead")
	if len(b.read("a.out")) != 1 || len(b.read("b.out")) != 0 || len(b.read("a.dead")) != 1 || len(dead) != 1 || headers(dead[0])["winnow-code"] != "record.topic" {
		t.Errorf("%v", dead)
	}

	// A dead letter has no other place: the run ends.
	create("c.dead", "c")
	b.produce(&kgo.Record{Topic: "c", Value: []byte(`{"text`)})
	if err := <-ended; !fault.Is(err, fault.ConfigLoop) || !strings.Contains(err.Error(), "c.dead is both read and written") {
		t.Error(err)
	}
}
