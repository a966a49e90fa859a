package kafka

import (
	"context"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// headersOf makes headers of names and values in turn.
func headersOf(pairs ...string) []kgo.RecordHeader {
	var all []kgo.RecordHeader
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, kgo.RecordHeader{Key: pairs[i], Value: []byte(pairs[i+1])})
	}
	return all
}

func letterHeaders(more ...string) []kgo.RecordHeader {
	return headersOf(append([]string{
		"trace", "t", "winnow-code", "record.json", "winnow-reason", "no JSON", "winnow-topic", "in", "winnow-partition", "3",
		"winnow-offset", "7", "winnow-id", "in/3/7", "winnow-time", "2026-01-02T03:04:05.678Z", "winnow-attempts", "2",
	}, more...)...)
}

func TestReadLetter(t *testing.T) {
	cases := []struct {
		name    string
		headers []kgo.RecordHeader
		want    *Letter
	}{
		{"another message", headersOf("trace", "t", "winnow-label", "x"), nil},
		{"a letter", letterHeaders(), &Letter{
			Code: "record.json", Reason: "no JSON", Split: "in/3", Offset: 7, Attempts: 2,
			Time: time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC), Headers: headersOf("trace", "t"),
		}},
		{"of a file", headersOf("winnow-code", "csv.ragged_row", "winnow-topic", "a.csv", "winnow-offset", "1", "winnow-label", "mine"), &Letter{
			Code: "csv.ragged_row", Split: "a.csv", Offset: 1, Headers: headersOf("winnow-label", "mine"),
		}},
		{"damaged", headersOf("winnow-code", "x", "winnow-offset", "no number", "winnow-time", "yesterday"), &Letter{Code: "x"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, ok := ReadLetter(&kgo.Record{Headers: c.headers})
			if ok != (c.want != nil) {
				t.Fatalf("ok = %v", ok)
			}
			if !ok {
				return
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReplayConfig(t *testing.T) {
	c := &SourceConfig{
		Connection: cluster.Connection{Brokers: []string{"a:1"}}, TopicsRegex: "in.*", Group: "g", InstanceID: "i", Start: latest,
		StartOffsets: map[string]int64{"in/0": 4}, Until: "2026-01-01T00:00:00Z", Isolation: readUncommitted, Format: formatText,
	}
	r := c.Replay("tickets", &SinkConfig{Topic: "dead"}, "")
	if err := r.Check(); err != nil {
		t.Fatal(err)
	}
	got := []any{r.Brokers, r.Topics, r.TopicsRegex, r.Group, r.InstanceID, r.Start, r.StartOffsets, r.Until, r.Isolation, r.Format}
	want := []any{[]string{"a:1"}, []string{"dead"}, "", "tickets.dead-replay", "", earliest, map[string]int64(nil), latest, readCommitted, formatText}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	far := c.Replay("tickets", &SinkConfig{Connection: cluster.Connection{Brokers: []string{"b:1"}}, Topic: "{{topic}}.dead"}, "")
	if far.Brokers[0] != "b:1" || far.replay.from.Brokers[0] != "a:1" || far.TopicsRegex != `^.+\.dead$` {
		t.Errorf("in another cluster: %v, messages from %v, topics %q", far.Brokers, far.replay.from.Brokers, far.TopicsRegex)
	}
}

// TestRevive makes a batch of letters and rejects its rows again.
func TestRevive(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer alloc.AssertSize(t, 0)
	cfg := SourceConfig{replay: &replay{code: "record.json"}}.over()
	m := &member{src: &Source{cfg: cfg}}
	records := []*kgo.Record{
		{Topic: "dead", Offset: 10, Value: []byte("{"), Headers: letterHeaders()},
		{Topic: "dead", Offset: 11, Value: []byte("a"), Headers: append(letterHeaders(), headersOf("winnow-code", "record.utf8")...)},
		{Topic: "dead", Offset: 12, Value: []byte("no letter")},
		{Topic: "dead", Offset: 13, Headers: letterHeaders()},
		{Topic: "dead", Offset: 14, Value: []byte("beyond the end"), Headers: letterHeaders()},
	}
	m.revive(context.Background(), records, 14)
	split := &pipeline.Split{ID: "dead/0", File: "dead/0"}
	want := pipeline.Projection{Alloc: alloc, Rows: 100, Bytes: 1 << 20, MaxRecord: 1 << 20, Meta: true}
	batches, next := newBatchBuilder(cfg, want).batches(split, records, 10, 14, 15)
	if len(batches) != 1 || next != 14 {
		t.Fatalf("%d batches up to %d", len(batches), next)
	}
	b := batches[0]
	defer b.Record.Release()
	var got []pipeline.Origin
	for row := range b.Len() {
		got = append(got, b.Origin(row))
	}
	in := pipeline.Origin{Split: "in/3", File: "in/3", Offset: 7, Attempts: 2}
	kept := in
	kept.Attempts = 1 // counted up again when it is rejected
	if diff := cmp.Diff([]pipeline.Origin{in, kept, {Split: "dead/0", File: "dead/0", Offset: 12}, in}, got); diff != "" {
		t.Errorf("origins (-want +got):\n%s", diff)
	}
	if len(b.Faults) != 1 || b.Faults[0].Row != 1 || b.Faults[0].Err.Code != fault.RecordUTF8 {
		t.Errorf("faults %v, want that of the row that was not asked for", b.Faults)
	}
	if !b.Live(3) {
		t.Error("an empty value became a tombstone")
	}
	m2 := newMessages(b, nil, false, true)
	if id := string(m2.id(0)); id != "in/3/7" || m2.partition(0) != 3 {
		t.Errorf("id %s, partition %d", id, m2.partition(0))
	}
	if at := b.Column(pipeline.ColTime).(*array.Timestamp).Value(0); int64(at) != 1767323045678 {
		t.Errorf("time %d", at)
	}
}
