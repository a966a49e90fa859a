package kafka_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/winnow-stream/winnow/connectors/kafka"
	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/expr"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bed is a cluster in this process with the topics in, out and dead, and a pipeline from the first to the others.
type bed struct {
	t       *testing.T
	fake    *kfake.Cluster
	brokers []string
	cl      *kgo.Client
	from    kafka.SourceConfig
	to      kafka.SinkConfig
	dead    *kafka.SinkConfig
	change  func(*pipeline.Config)
}

const partitions = 4

func newBed(t *testing.T) *bed {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(partitions, "in", "out"), kfake.SeedTopics(1, "dead"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	b := &bed{t: t, fake: c, brokers: c.ListenAddrs()}
	b.cl = b.client()
	b.from = kafka.SourceConfig{Connection: cluster.Connection{Brokers: b.brokers}, Topics: []string{"in"}, Group: "g", Until: "latest"}
	b.to = kafka.SinkConfig{Topic: "out"}
	b.dead = &kafka.SinkConfig{Topic: "dead"}
	// The fake answers for groups that it has never seen with an error that a broker does not give.
	if err := kadm.NewClient(b.cl).CommitAllOffsets(t.Context(), "g", kadm.Offsets{}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bed) client(opts ...kgo.Opt) *kgo.Client {
	b.t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(b.brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner())}, opts...)...)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(cl.Close)
	return cl
}

func (b *bed) produce(records ...*kgo.Record) {
	b.t.Helper()
	for _, r := range records {
		if r.Topic == "" {
			r.Topic = "in"
		}
	}
	if err := b.cl.ProduceSync(b.t.Context(), records...).FirstErr(); err != nil {
		b.t.Fatal(err)
	}
}

// texts produces JSON objects with these texts, one a partition in turn.
func (b *bed) texts(texts ...string) {
	for i, text := range texts {
		b.produce(&kgo.Record{Partition: int32(i % partitions), Value: fmt.Appendf(nil, `{"id":%d,"text":%q}`, i, text), Key: fmt.Appendf(nil, "k%d", i)})
	}
}

// build makes the pipeline.
func (b *bed) build() (*pipeline.Pipeline, error) {
	env := pipeline.Env{Log: zerolog.New(zerolog.NewTestWriter(b.t)).Level(zerolog.WarnLevel)}
	source, err := b.from.NewSource(env)
	if err != nil {
		return nil, err
	}
	sink, err := b.to.NewSink(env)
	if err != nil {
		return nil, err
	}
	cfg := pipeline.Config{
		Name: "test", Source: source, Sinks: []pipeline.NamedSink{{Name: "default", Sink: sink}},
		Stages: []pipeline.Stage{expr.NewText(expr.Code{}, nil)}, Classifier: &pipelinetest.FakeClassifier{Labels: []string{"a", "b"}},
		MaxErrorRate: 1, RetryBudget: time.Second, Log: env.Log,
	}
	sinks := []*kafka.Sink{sink.(*kafka.Sink)}
	if b.dead != nil {
		dead, err := b.dead.NewSink(env)
		if err != nil {
			return nil, err
		}
		cfg.DeadLetters = dead
		sinks = append(sinks, dead.(*kafka.Sink))
	}
	kafka.Enlist(source.(*kafka.Source), sinks...)
	if b.change != nil {
		b.change(&cfg)
	}
	return pipeline.New(cfg)
}

func (b *bed) run() (*pipeline.Summary, error) {
	b.t.Helper()
	p, err := b.build()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(b.t.Context(), 30*time.Second)
	defer cancel()
	return p.Run(ctx)
}

func (b *bed) mustRun() *pipeline.Summary {
	b.t.Helper()
	s, err := b.run()
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

// read returns the committed records of a topic.
func (b *bed) read(topic string) []*kgo.Record {
	b.t.Helper()
	adm := kadm.NewClient(b.cl)
	ends, err := adm.ListCommittedOffsets(b.t.Context(), topic)
	if err != nil {
		b.t.Fatal(err)
	}
	starts, err := adm.ListStartOffsets(b.t.Context(), topic)
	if err != nil {
		b.t.Fatal(err)
	}
	left := make(map[int32]int64)
	ends.Each(func(o kadm.ListedOffset) {
		if s, _ := starts.Lookup(o.Topic, o.Partition); o.Offset > s.Offset {
			left[o.Partition] = o.Offset
		}
	})
	cl := b.client(kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer cl.Close()
	var out []*kgo.Record
	for len(left) > 0 {
		ctx, cancel := context.WithTimeout(b.t.Context(), 10*time.Second)
		fetches := cl.PollFetches(ctx)
		cancel()
		if ctx.Err() == context.DeadlineExceeded {
			b.t.Fatalf("%s is not read to its end: %v", topic, left)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if !r.Attrs.IsControl() {
				out = append(out, r)
			}
			if r.Offset >= left[r.Partition]-1 {
				delete(left, r.Partition)
			}
		})
	}
	slices.SortFunc(out, func(a, b *kgo.Record) int {
		if a.Partition != b.Partition {
			return int(a.Partition - b.Partition)
		}
		return int(a.Offset - b.Offset)
	})
	return out
}

func headers(r *kgo.Record) map[string]string {
	m := make(map[string]string)
	for _, h := range r.Headers {
		m[h.Key] = string(h.Value)
	}
	return m
}

func TestTopicToTopic(t *testing.T) {
	b := newBed(t)
	b.texts("one", "two", "three", "four", "five", "six")
	at := time.UnixMilli(1_700_000_000_000)
	b.produce(&kgo.Record{Value: []byte(`{"text": "kept as it is" , "n": 1e2}`), Timestamp: at, Headers: []kgo.RecordHeader{{Key: "trace", Value: []byte{0xff, 1}}}})
	b.to.Partition = "same"
	s := b.mustRun()
	if s.Counts.Read != 7 || s.Counts.Delivered != 7 || !s.Counts.Balanced() {
		t.Errorf("%+v", s.Counts)
	}
	out := b.read("out")
	if len(out) != 7 {
		t.Fatalf("%d records", len(out))
	}
	var kept *kgo.Record
	for _, r := range out {
		var v struct{ Label *string }
		if err := json.Unmarshal(r.Value, &v); err != nil || v.Label == nil {
			t.Errorf("%s: %v", r.Value, err)
		}
		if strings.Contains(string(r.Value), "kept as it is") {
			kept = r
		} else if r.Key == nil {
			t.Errorf("%s has lost its key", r.Value)
		}
	}
	if kept == nil || !strings.HasPrefix(string(kept.Value), `{"text": "kept as it is" , "n": 1e2,"label":`) {
		t.Errorf("the value's own bytes changed: %v", kept)
	} else if !kept.Timestamp.Equal(at) || headers(kept)["trace"] != "\xff\x01" || kept.Key != nil {
		t.Errorf("time %v, headers %v, key %q", kept.Timestamp, kept.Headers, kept.Key)
	}
	// The same command goes on where it stood: there is nothing more.
	if s := b.mustRun(); s.Counts.Read != 0 {
		t.Errorf("a second run read %+v", s.Counts)
	}
	b.texts("more")
	if s := b.mustRun(); s.Counts.Read != 1 {
		t.Errorf("a third run read %+v", s.Counts)
	}
}

func TestPoison(t *testing.T) {
	b := newBed(t)
	b.change = func(c *pipeline.Config) { c.MaxRecord = 1000 }
	large := `{"text":"` + strings.Repeat("x", 2000) + `"}`
	b.produce(
		&kgo.Record{Value: []byte(`{"text":"fine"}`)},
		&kgo.Record{Value: []byte(`no json`), Key: []byte("key"), Headers: []kgo.RecordHeader{{Key: "own", Value: []byte("header")}}},
		&kgo.Record{Value: []byte(`{"body":"no text"}`)},
		&kgo.Record{Value: []byte("{\"text\":\"\xff\"}")},
		&kgo.Record{Value: []byte(large)},
	)
	s := b.mustRun()
	if s.Counts.Dead != 4 || s.Counts.Delivered != 1 {
		t.Errorf("%+v", s.Counts)
	}
	codes := make(map[string]*kgo.Record)
	for _, r := range b.read("dead") {
		codes[headers(r)["winnow-code"]] = r
	}
	want := []string{"record.json", "record.text_missing", "record.too_large", "record.utf8"}
	if got := slices.Sorted(maps.Keys(codes)); !slices.Equal(got, want) {
		t.Fatalf("codes %v, want %v", got, want)
	}
	r := codes["record.json"]
	h := headers(r)
	if string(r.Value) != "no json" || string(r.Key) != "key" || h["own"] != "header" || h["winnow-topic"] != "in" ||
		h["winnow-partition"] != "0" || h["winnow-offset"] != "1" || h["winnow-id"] != "in/0/1" || h["winnow-attempts"] != "1" ||
		h["winnow-reason"] == "" || h["winnow-time"] == "" {
		t.Errorf("value %q, key %q, headers %v", r.Value, r.Key, h)
	}
	if r := codes["record.utf8"]; string(r.Value) != "{\"text\":\"\xff\"}" {
		t.Errorf("the bytes of the value changed: %q", r.Value)
	}
	if h := headers(codes["record.too_large"]); h["winnow-size"] != strconv.Itoa(len(large)) || len(h["winnow-sha256"]) != 64 || codes["record.too_large"].Value != nil {
		t.Errorf("headers %v", h)
	}
}

func TestTombstones(t *testing.T) {
	for _, c := range []struct {
		policy          string
		out, dead, read int
	}{{"pass", 2, 0, 2}, {"drop", 1, 0, 1}, {"dead", 1, 1, 2}} {
		t.Run(c.policy, func(t *testing.T) {
			b := newBed(t)
			b.from.Tombstones = c.policy
			b.produce(&kgo.Record{Key: []byte("k"), Value: []byte(`{"text":"x"}`)}, &kgo.Record{Key: []byte("k")})
			s := b.mustRun()
			out, dead := b.read("out"), b.read("dead")
			if len(out) != c.out || len(dead) != c.dead || s.Counts.Read != int64(c.read) {
				t.Errorf("%d out, %d dead, %+v", len(out), len(dead), s.Counts)
			}
			if c.policy == "pass" && (out[1].Value != nil || string(out[1].Key) != "k" || s.Counts.Delivered != 2) {
				t.Errorf("%+v, %+v", out[1], s.Counts)
			}
		})
	}
}

func TestResults(t *testing.T) {
	for _, c := range []struct {
		results string
		check   func(r *kgo.Record) bool
	}{
		{"headers", func(r *kgo.Record) bool {
			h := headers(r)
			return string(r.Value) == `{"id":0,"text":"x"}` && h["winnow-label"] != "" && h["winnow-confidence"] != "" && h["winnow-classifier"] != ""
		}},
		{"record", func(r *kgo.Record) bool {
			return strings.HasPrefix(string(r.Value), `{"label":`) && !strings.Contains(string(r.Value), "text")
		}},
	} {
		b := newBed(t)
		b.to.Results = c.results
		b.texts("x")
		b.mustRun()
		if out := b.read("out"); len(out) != 1 || !c.check(out[0]) || string(out[0].Key) != "k0" {
			t.Errorf("%s: %+v", c.results, out)
		}
	}
}

func TestTopicByLabel(t *testing.T) {
	b := newBed(t)
	b.to = kafka.SinkConfig{Topic: "out.{{label}}", Create: &kafka.CreateTopic{Partitions: 2}}
	b.texts("x", "y", "z", "w")
	b.mustRun()
	if n := len(b.read("out.a")) + len(b.read("out.b")); n != 4 {
		t.Errorf("%d records", n)
	}
}

func TestTextFormat(t *testing.T) {
	b := newBed(t)
	b.from.Format = "text"
	b.produce(&kgo.Record{Value: []byte("just a line")}, &kgo.Record{Value: []byte("bad \xff byte")}, &kgo.Record{Value: []byte("nul \x00")})
	s := b.mustRun()
	out := b.read("out")
	if s.Counts.Dead != 2 || len(out) != 1 || !strings.HasPrefix(string(out[0].Value), `{"text":"just a line","label":`) {
		t.Errorf("%+v %v", s.Counts, out)
	}
}

func TestTopicsByPattern(t *testing.T) {
	b := newBed(t)
	b.from.Topics, b.from.TopicsRegex = nil, "^i.$"
	b.texts("x", "y")
	if s := b.mustRun(); s.Counts.Read != 2 {
		t.Errorf("%+v", s.Counts)
	}
}

func TestNewTopicsAndPartitions(t *testing.T) {
	b := newBed(t)
	b.from.Topics, b.from.TopicsRegex, b.from.Until = nil, "^(in|late)$", ""
	b.from.Refresh = unit.Duration(100 * time.Millisecond)
	b.change = func(c *pipeline.Config) { c.Commit.Interval = 50 * time.Millisecond }
	p, err := b.build()
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := p.Run(t.Context())
		ended <- err
	}()
	committed := func(n int64) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); p.Status().Committed.Delivered < n; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%+v", p.Status().Counts)
			}
		}
	}
	b.texts("a", "b")
	committed(2)
	adm := kadm.NewClient(b.cl)
	if _, err := adm.CreateTopic(t.Context(), 1, 1, nil, "late"); err != nil {
		t.Fatal(err)
	}
	b.produce(&kgo.Record{Topic: "late", Value: []byte(`{"text":"a new topic"}`)})
	committed(3)
	if _, err := adm.CreatePartitions(t.Context(), 1, "in"); err != nil {
		t.Fatal(err)
	}
	fresh := b.client()
	if err := fresh.ProduceSync(t.Context(), &kgo.Record{Topic: "in", Partition: partitions, Value: []byte(`{"text":"a new partition"}`)}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	committed(4)
	p.Drain()
	if err := <-ended; !fault.Is(err, fault.RunInterrupted) {
		t.Error(err)
	}
}

func TestUntil(t *testing.T) {
	b := newBed(t)
	for i := range 10 {
		b.produce(&kgo.Record{Partition: 1, Value: fmt.Appendf(nil, `{"text":"%d"}`, i), Timestamp: time.UnixMilli(int64(1000 * i))})
	}
	b.from.Until = ""
	b.from.UntilOffsets = map[string]int64{"in/1": 3}
	if s := b.mustRun(); s.Counts.Read != 3 {
		t.Errorf("until offset 3: %+v", s.Counts)
	}
	b.from.UntilOffsets, b.from.Until = nil, "1970-01-01T00:00:07Z"
	if s := b.mustRun(); s.Counts.Read != 4 {
		t.Errorf("until second 7: %+v", s.Counts)
	}
	b.from.Until, b.from.Group = "latest", "g2"
	if err := kadm.NewClient(b.cl).CommitAllOffsets(t.Context(), "g2", kadm.Offsets{}); err != nil {
		t.Fatal(err)
	}
	b.from.StartOffsets = map[string]int64{"in/1": 8}
	if s := b.mustRun(); s.Counts.Read != 2 {
		t.Errorf("from offset 8: %+v", s.Counts)
	}
}

func TestLimit(t *testing.T) {
	b := newBed(t)
	b.texts(strings.Split(strings.Repeat("x ", 20), " ")[:20]...)
	b.change = func(c *pipeline.Config) { c.Limit = 7 }
	if s := b.mustRun(); s.Counts.Read != 7 || !s.Limited {
		t.Errorf("%+v", s.Counts)
	}
	b.change = nil
	if s := b.mustRun(); s.Counts.Read != 13 {
		t.Errorf("the rest: %+v", s.Counts)
	}
	if n := len(b.read("out")); n != 20 {
		t.Errorf("%d records", n)
	}
}

func TestDataLost(t *testing.T) {
	b := newBed(t)
	b.texts("a", "b", "c", "d", "e", "f", "g", "h")
	b.mustRun()
	b.texts("i", "j", "k", "l", "m", "n", "o", "p")
	adm := kadm.NewClient(b.cl)
	cut := kadm.Offsets{}
	cut.AddOffset("in", 0, 3, -1)
	if _, err := adm.DeleteRecords(t.Context(), cut); err != nil {
		t.Fatal(err)
	}
	_, err := b.run()
	e, ok := fault.As(err)
	if !ok || e.Code != fault.KafkaDataLost || !strings.Contains(e.Error(), "in/0") || !strings.Contains(e.Error(), "offsets 2 to 2 are gone") {
		t.Fatalf("%v", err)
	}
	b.from.OnDataLoss = "skip"
	if s := b.mustRun(); s.Counts.Read != 7 { // one of the eight is gone
		t.Errorf("%+v", s.Counts)
	}
	// A partition that holds nothing any more, and whose end is not reached by a record, ends the run all the same.
	b.texts("q", "r", "s", "t")
	empty := kadm.Offsets{}
	for p := range int32(partitions) {
		empty.AddOffset("in", p, 5, -1)
	}
	if _, err := adm.DeleteRecords(t.Context(), empty); err != nil {
		t.Fatal(err)
	}
	if s := b.mustRun(); s.Counts.Read != 0 {
		t.Errorf("%+v", s.Counts)
	}
}

func TestTooLargeForTheTopic(t *testing.T) {
	b := newBed(t)
	limit := "2000"
	if _, err := kadm.NewClient(b.cl).AlterTopicConfigs(t.Context(), []kadm.AlterConfig{{Name: "max.message.bytes", Value: &limit}}, "out"); err != nil {
		t.Fatal(err)
	}
	b.texts("small", strings.Repeat("large ", 500))
	s := b.mustRun()
	dead := b.read("dead")
	if s.Counts.Dead != 1 || s.Counts.Delivered != 1 || len(dead) != 1 || headers(dead[0])["winnow-code"] != "record.too_large" || len(dead[0].Value) < 3000 {
		t.Errorf("%+v, %d dead", s.Counts, len(dead))
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*bed)
		code   *fault.Code
		says   string
	}{
		{"no topics", func(b *bed) { b.from.Topics = nil }, fault.ConfigMissing, "topics"},
		{"no group", func(b *bed) { b.from.Group = "" }, fault.ConfigMissing, "group"},
		{"format", func(b *bed) { b.from.Format = "jsn" }, fault.ConfigField, `"jsn" is not a value of format`},
		{"registry", func(b *bed) { b.from.Format = "avro" }, fault.ConfigMissing, "needs a schema registry"},
		{"start", func(b *bed) { b.from.Start = "yesterday" }, fault.ConfigField, `"yesterday" is no place to start`},
		{"topic absent", func(b *bed) { b.from.Topics = []string{"inn"} }, fault.KafkaTopicUnknown, "inn"},
		{"pattern without a match", func(b *bed) { b.from.Topics, b.from.TopicsRegex = nil, "^nothing" }, fault.KafkaTopicUnknown, "^nothing"},
		{"output absent", func(b *bed) { b.to.Topic = "ou" }, fault.KafkaTopicUnknown, "ou"},
		{"output is the input", func(b *bed) { b.to.Topic = "in" }, fault.ConfigLoop, "in is both read and written"},
		{"dead letters are the input", func(b *bed) { b.dead.Topic = "in" }, fault.ConfigLoop, "in is both read and written"},
		{"bad topic", func(b *bed) { b.to.Topic = "a b" }, fault.ConfigField, `"a b" can't be a topic`},
		{"placeholder", func(b *bed) { b.to.Topic = "a.{{color}}" }, fault.ConfigField, "placeholder"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBed(t)
			c.change(b)
			_, err := b.run()
			if e, ok := fault.As(err); !ok || !fault.Is(err, c.code) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v (%v), want %s with %q", err, e, c.code.ID, c.says)
			}
		})
	}
}

// headersSeen is a tracer that keeps the batches' headers as they are when the rows have their fates.
type headersSeen struct{ seen []string }

func (h *headersSeen) Batch(b *pipeline.Batch, _ *pipeline.Way, _ error) {
	if c := b.Column(pipeline.ColHeaders); c != nil {
		h.seen = append(h.seen, c.String())
	}
}

func (*headersSeen) Epoch(pipeline.EpochEnd) {}

// Headers are read for traces where nobody else asks for them.
func TestTracesSeeHeaders(t *testing.T) {
	b := newBed(t)
	b.produce(&kgo.Record{Value: []byte(`{"text":"x"}`), Headers: []kgo.RecordHeader{{Key: "traceparent", Value: []byte("00-x")}}})
	b.dead = nil
	var h headersSeen
	b.change = func(c *pipeline.Config) { c.Sinks[0].Sink, c.Tracer = pipelinetest.NewMemSink(), &h }
	b.mustRun()
	if len(h.seen) != 1 || !strings.Contains(h.seen[0], "traceparent") {
		t.Errorf("%q", h.seen)
	}
}

func TestPreviewLeavesNoTrace(t *testing.T) {
	b := newBed(t)
	b.texts("x", "y", "z")
	b.from = *b.from.Preview()
	b.dead = nil
	b.change = func(c *pipeline.Config) { c.Sinks[0].Sink = pipelinetest.NewMemSink() }
	if s := b.mustRun(); s.Counts.Read != 3 {
		t.Errorf("%+v", s.Counts)
	}
	done, err := kadm.NewClient(b.cl).FetchOffsets(t.Context(), b.from.Group)
	if err == nil && len(done.Offsets()) > 0 {
		t.Errorf("offsets were committed: %v", done)
	}
}
