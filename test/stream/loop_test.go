//go:build integration

package stream

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/test/broker"
)

// TestLoops refuses, before a record is read, what would feed a pipeline with its own output, or mix that with dead letters.
func TestLoops(t *testing.T) {
	cluster := broker.Start(t)
	s := newScene(t, cluster, toKafka{}, "")
	in, out, dead := s.topic("in"), s.topic("out"), s.topic("dead")
	_, port, _ := strings.Cut(cluster.Bootstrap, ":")
	for _, c := range []struct{ name, topics, out, dead, more, says string }{
		{name: "dead letters are the output", out: out, dead: out, says: out + " takes labelled records and dead letters"},
		{name: "a label makes the dead letters", out: s.group + ".x.{{label}}", dead: s.group + ".x.dead", says: "x.dead takes labelled records"},
		{name: "each topic's dead letters", out: "{{topic}}.{{label}}", dead: "{{topic}}.dead", says: in + ".dead takes labelled records"},
		{name: "a replay would read the output", out: s.group + ".x.dead", dead: "{{topic}}.dead", says: "takes labelled records"},
		{name: "a label makes the input", out: s.group + ".{{label}}", says: in + " is both read and written"},
		{name: "the topic itself", out: "{{topic}}", says: in + " is both read and written"},
		{name: "at least once", out: in, more: "guarantee: at_least_once", says: in + " is both read and written"},
		{name: "the pattern takes the output", topics: "topics_regex: ^" + s.group, out: out, says: out + " is both read and written"},
		{
			name: "the pattern takes an output that is not there yet", topics: "topics_regex: ^" + s.group,
			out: s.group + ".new, create: {partitions: 1}", says: s.group + ".new is both read and written",
		},
		{name: "the pattern takes what its topics make", topics: "topics_regex: ^" + s.group, out: "{{topic}}.new", says: ".new is both read and written"},
		{name: "the pattern takes the dead letters", topics: "topics_regex: ^" + s.group, out: "elsewhere", dead: dead, says: dead + " is both read and written"},
		{name: "the cluster by another address", out: in + ", brokers: [\"localhost:" + port + "\"]", says: in + " is both read and written"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.topics == "" {
				c.topics = "topics: [" + in + "]"
			}
			text := fmt.Sprintf("name: loop\nsource: {kafka: {brokers: [%q], %s, group: loop, until: latest}}\ntext: text\n"+
				"classify: {labels: {in: One, dead: Two}}\nsinks: {default: {kafka: {topic: %s}}}\n%s\n", cluster.Bootstrap, c.topics, quoted(c.out), c.more)
			if c.dead != "" {
				text += fmt.Sprintf("dead_letters: {kafka: {topic: %s}}\n", quoted(c.dead))
			}
			spec := filepath.Join(t.TempDir(), "spec.yaml")
			s.must(os.WriteFile(spec, []byte(text), 0o600))
			for _, command := range []string{"validate", "run"} {
				got, err := s.command(command, spec)
				if err == nil || !strings.Contains(got, "config.loop: ") || !strings.Contains(got, c.says) || !strings.Contains(got, "\n  fix: ") {
					t.Errorf("winnow %s: %v, want config.loop with %q", command, err, c.says)
				}
			}
		})
	}
	topics, err := s.adm.ListTopics(t.Context())
	s.must(err)
	if topics.Has(s.group + ".new") {
		t.Error("a topic was made for a spec that was refused")
	}
}

// quoted is a topic in YAML, which takes the braces of a template for its own.
func quoted(topic string) string {
	name, rest, more := strings.Cut(topic, ",")
	if more {
		rest = "," + rest
	}
	return fmt.Sprintf("%q", name) + rest
}

// TestStrayed reads a topic that appears later, and whose output would be read too: its records are dead letters, each with
// its reason, and those of the other topics come out.
func TestStrayed(t *testing.T) {
	s := newScene(t, broker.Start(t), toKafka{}, "")
	early, late := s.group+".early", s.group+".late"
	for _, topic := range []string{early, early + ".labelled", early + ".dead", late + ".dead", late + ".again"} {
		s.must(s.create(t.Context(), topic, 1, 1))
	}
	s.must(os.WriteFile(s.spec, fmt.Appendf(nil, `name: strayed
source:
  kafka:
    brokers: [%q]
    topics_regex: '^%s\.(early|late|late\.labelled)$'
    group: strayed
    refresh: 1s
text: text
classify: {labels: {billing: "Payments, invoices, refunds", bug: Something is broken}}
sinks: {default: {kafka: {topic: "{{topic}}.labelled"}}}
dead_letters: {kafka: {topic: "{{topic}}.dead"}}
max_error_rate: 1
`, s.cluster.Bootstrap, s.group), 0o600))
	cl := s.client()
	produce := func(topic, value string) {
		s.must(cl.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Value: []byte(value)}).FirstErr())
	}
	produce(early, `{"id":1,"text":"my bill is wrong"}`)
	produce(early, `{"id":2`)
	p := s.run()
	s.holds(early+".labelled", 1)
	s.holds(early+".dead", 1)
	s.must(s.create(t.Context(), late+".labelled", 1, 1))
	s.must(s.create(t.Context(), late, 1, 1))
	produce(late, `{"id":3,"text":"my bill is wrong"}`)
	produce(early, `{"id":4,"text":"my bill is wrong"}`)
	s.holds(late+".dead", 1)
	s.holds(early+".labelled", 2)
	p.end()

	got := map[string][]string{}
	for _, topic := range []string{early + ".labelled", early + ".dead", late + ".labelled", late + ".dead"} {
		s.consume(topic, func(r *kgo.Record) {
			said := []string{string(r.Value)}
			var v struct{ ID int }
			if json.Unmarshal(r.Value, &v) == nil {
				said[0] = strconv.Itoa(v.ID)
			}
			for _, h := range r.Headers {
				if h.Key == "winnow-code" || h.Key == "winnow-topic" {
					said = append(said, string(h.Value))
				}
			}
			got[topic] = append(got[topic], strings.Join(said, " "))
		})
	}
	want := map[string][]string{
		early + ".labelled": {"1", "4"}, early + ".dead": {`{"id":2 record.json ` + early}, late + ".dead": {"3 record.topic " + late},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what came out (-want +got):\n%s", diff)
	}
	// They are found in all their topics, and come out once nothing is in their way.
	if list := s.done("dead", "list", s.spec); !strings.Contains(list, "record.topic") || !strings.Contains(list, "record.json") {
		t.Errorf("dead list: %s", list)
	}
	s.done("dead", "replay", s.spec, "--code", "record.topic", "--set", `sinks.default.kafka.topic="{{topic}}.again"`)
	again := 0
	s.consume(late+".again", func(*kgo.Record) { again++ })
	if again != 1 {
		t.Errorf("%d records were replayed, want 1", again)
	}
}

// holds waits until a topic has so many committed records.
func (s *scene) holds(topic string, n int) {
	s.t.Helper()
	s.within(2*time.Minute, topic+" has its records", func() bool {
		seen := 0
		s.consume(topic, func(*kgo.Record) { seen++ })
		return seen >= n
	})
}
