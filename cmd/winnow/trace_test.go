package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/test/collector"
)

// traced is a cluster in this process with the topics in, out and dead, and a spec from the first to the others.
type traced struct {
	t    *testing.T
	cl   *kgo.Client
	spec string // path
}

func newTraced(t *testing.T, tracing string) *traced {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "in", "out", "dead"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...), kgo.ConsumeTopics("out", "dead"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	// The cluster of a test tells nothing of a group that has never been, where Kafka says that it is empty.
	if err := kadm.NewClient(cl).CommitAllOffsets(t.Context(), "g", kadm.Offsets{}); err != nil {
		t.Fatal(err)
	}
	tr := &traced{t: t, cl: cl, spec: filepath.Join(t.TempDir(), "tickets.yaml")}
	text := fmt.Sprintf(`source: {kafka: {brokers: [%q], topics: [in], group: g}}
text: text
classify: {labels: {sport: "Games, matches, teams", finance: "Money, shares, banks"}}
max_error_rate: 1
sinks: {labelled: {kafka: {topic: out}}}
dead_letters: {kafka: {topic: dead}}
%s
`, c.ListenAddrs()[0], tracing)
	if err := os.WriteFile(tr.spec, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return tr
}

const (
	traceA, spanA = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	traceB, spanB = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	traceC, spanC = "11111111111111111111111111111111", "2222222222222222"
)

// produce writes four messages: one that is delivered, one that is not JSON, one of a trace that is not sampled, and one
// without a trace.
func (tr *traced) produce() {
	tr.t.Helper()
	header := func(key, value string) kgo.RecordHeader { return kgo.RecordHeader{Key: key, Value: []byte(value)} }
	err := tr.cl.ProduceSync(tr.t.Context(),
		&kgo.Record{Topic: "in", Value: []byte(`{"text":"the team won the match"}`), Headers: []kgo.RecordHeader{
			header("own", "x"), header("traceparent", "00-"+traceA+"-"+spanA+"-01"), header("tracestate", "vendor=1,other=2"),
		}},
		&kgo.Record{Topic: "in", Value: []byte(`the text of a record`), Headers: []kgo.RecordHeader{header("traceparent", "00-"+traceB+"-"+spanB+"-01")}},
		&kgo.Record{Topic: "in", Value: []byte(`{"text":"the bank sells shares"}`), Headers: []kgo.RecordHeader{header("traceparent", "00-"+traceC+"-"+spanC+"-00")}},
		&kgo.Record{Topic: "in", Value: []byte(`{"text":"the shares fell"}`)},
	).FirstErr()
	if err != nil {
		tr.t.Fatal(err)
	}
}

// run runs the spec up to the topic's end and returns what the program printed to standard error.
func (tr *traced) run() string {
	tr.t.Helper()
	var stderr bytes.Buffer
	m := &Main{Stdin: strings.NewReader(""), Stdout: new(bytes.Buffer), Stderr: &stderr, Signals: make(chan os.Signal, 1)}
	if status := m.Run([]string{"run", tr.spec, "--until", "latest", "--quiet"}); status != 0 {
		tr.t.Fatalf("status %d\n%s", status, stderr.String())
	}
	return stderr.String()
}

// read returns n messages of the topics out and dead by their topic and value's first word.
func (tr *traced) read(n int) []*kgo.Record {
	var all []*kgo.Record
	for len(all) < n {
		fetches := tr.cl.PollFetches(tr.t.Context())
		if err := fetches.Err(); err != nil {
			tr.t.Fatal(err)
		}
		all = append(all, fetches.Records()...)
	}
	return all
}

func TestTraces(t *testing.T) {
	c := collector.Start(t)
	t.Setenv("TOKEN", "Bearer hunter2")
	// The spec wins over the environment, where nobody listens.
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:1")
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
	tr := newTraced(t, fmt.Sprintf(`tracing: {endpoint: %q, headers: {Authorization: "${TOKEN}"}}`, c.URL))
	tr.produce()
	if out := tr.run(); strings.Contains(out, "lost") || strings.Contains(out, "hunter2") {
		t.Error(out)
	}

	batches := c.Spans(func(s *collector.Span) bool { return s.Attributes["messaging.batch.message_count"] != nil })
	if len(batches) != 1 {
		t.Fatalf("%d batches", len(batches))
	}
	batch := batches[0]
	common := map[string]any{
		"messaging.system": "kafka", "messaging.operation.name": "process", "messaging.operation.type": "process",
		"messaging.destination.name": "in", "messaging.destination.partition.id": "0", "messaging.consumer.group.name": "g",
		"winnow.pipeline": "tickets", "winnow.epoch": batch.Attributes["winnow.epoch"], "winnow.classifier": batch.Attributes["winnow.classifier"],
	}
	with := func(more map[string]any) map[string]any {
		all := map[string]any{}
		for _, m := range []map[string]any{common, more} {
			for k, v := range m {
				all[k] = v
			}
		}
		return all
	}
	if diff := cmp.Diff(with(map[string]any{
		"winnow.split": "in/0", "winnow.offset.first": int64(0), "winnow.offset.next": int64(4), "messaging.batch.message_count": int64(4),
		"winnow.records.delivered": int64(3), "winnow.records.dead": int64(1), "winnow.records.dropped": int64(0),
		"winnow.batch.bytes": batch.Attributes["winnow.batch.bytes"], "winnow.epoch.outcome": "committed",
	}), batch.Attributes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]collector.Link{{Trace: traceA, ID: spanA}, {Trace: traceB, ID: spanB}, {Trace: traceC, ID: spanC}}, batch.Links); diff != "" {
		t.Error(diff)
	}
	if batch.Header.Get("Authorization") != "Bearer hunter2" || batch.Resource["service.name"] != "winnow" ||
		batch.Resource["deployment.environment.name"] != "test" || batch.Parent != "" || batch.Kind != "CONSUMER" {
		t.Errorf("%+v", batch)
	}
	for _, name := range []string{"decode", "classify", "encode", "write", "commit"} {
		children := c.Spans(func(s *collector.Span) bool { return s.Name == name })
		if len(children) != 1 || children[0].Parent != batch.ID || children[0].Begun.Before(batch.Begun) || children[0].Ended.After(batch.Ended) {
			t.Errorf("%s: %+v", name, children)
		}
	}

	of := func(trace string) []collector.Span {
		return c.Spans(func(s *collector.Span) bool { return s.Trace == trace })
	}
	delivered, dead := of(traceA), of(traceB)
	if len(delivered) != 1 || len(dead) != 1 || len(of(traceC)) != 0 {
		t.Fatalf("%d, %d and %d spans joined the traces", len(delivered), len(dead), len(of(traceC)))
	}
	a, b := delivered[0], dead[0]
	confidence, _ := a.Attributes["winnow.confidence"].(float64)
	if diff := cmp.Diff(with(map[string]any{
		"messaging.kafka.offset": int64(0), "winnow.fate": "delivered", "winnow.sink": "labelled", "winnow.label": "sport",
		"winnow.confidence": confidence,
	}), a.Attributes); diff != "" || confidence <= 0.5 || confidence > 1 {
		t.Errorf("confidence %v\n%s", confidence, diff)
	}
	if a.Parent != spanA || a.State != "vendor=1,other=2" || a.Kind != "CONSUMER" || a.Name != "process in" || a.Failed {
		t.Errorf("%+v", a)
	}
	if diff := cmp.Diff(with(map[string]any{
		"messaging.kafka.offset": int64(1), "winnow.fate": "dead", "error.type": "record.json",
	}), b.Attributes); diff != "" {
		t.Error(diff)
	}
	if b.Parent != spanB || !b.Failed || b.Status != "record.json" {
		t.Errorf("%+v", b)
	}
	for _, s := range []collector.Span{a, b} {
		if diff := cmp.Diff([]collector.Link{{Trace: batch.Trace, ID: batch.ID}}, s.Links); diff != "" {
			t.Error(diff)
		}
	}

	// An intermediary leaves the context of the creation as it was.
	for _, r := range tr.read(4) {
		if bytes.Contains(r.Value, []byte("match")) && !bytes.Contains(r.Value, fmt.Appendf(nil, `"label":"sport","confidence":%v,`, confidence)) {
			t.Errorf("the span has the confidence %v, and the output is %s", confidence, r.Value)
		}
		got := map[string]string{}
		for _, h := range r.Headers {
			if !strings.HasPrefix(h.Key, "winnow-") {
				got[h.Key] = string(h.Value)
			}
		}
		var want map[string]string
		switch value := string(r.Value); {
		case strings.Contains(value, "match"):
			want = map[string]string{"own": "x", "traceparent": "00-" + traceA + "-" + spanA + "-01", "tracestate": "vendor=1,other=2"}
		case strings.Contains(value, "record"):
			want = map[string]string{"traceparent": "00-" + traceB + "-" + spanB + "-01"}
		case strings.Contains(value, "bank"):
			want = map[string]string{"traceparent": "00-" + traceC + "-" + spanC + "-00"}
		default:
			want = map[string]string{}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: the headers (-want +got):\n%s", r.Value, diff)
		}
	}
}

// Where nobody asks for traces in the spec, the environment turns nothing on.
func TestNoTraces(t *testing.T) {
	for name, tracing := range map[string]string{"off": "", "disabled": "tracing: {sample: 1}"} {
		t.Run(name, func(t *testing.T) {
			c := collector.Start(t)
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
			if tracing != "" {
				t.Setenv("OTEL_SDK_DISABLED", "true")
			}
			tr := newTraced(t, tracing)
			tr.produce()
			tr.run()
			if spans := c.Spans(func(*collector.Span) bool { return true }); len(spans) > 0 {
				t.Errorf("%+v", spans)
			}
		})
	}
}

// A collector that is away changes nothing but the log.
func TestTracesToNobody(t *testing.T) {
	tr := newTraced(t, `tracing: {endpoint: "http://127.0.0.1:1"}`)
	tr.produce()
	out, lost := tr.run(), 0
	for _, line := range regexp.MustCompile(`"spans":(\d+),.*"message":"spans were lost`).FindAllStringSubmatch(out, -1) {
		n, _ := strconv.Atoi(line[1])
		lost += n
	}
	if lost != 8 { // a batch, the 5 parts of its way, and 2 records
		t.Errorf("%d spans were lost:\n%s", lost, out)
	}
	if n := len(tr.read(4)); n != 4 {
		t.Errorf("%d messages came out", n)
	}
}
