//go:build integration

package stream

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// judge holds what came out against what was produced: each record once, delivered or dead, and the partitions in order.
func (s *scene) judge(produced int64) {
	s.t.Helper()
	delivered, dead := s.out.read(s)
	seen := make([]uint8, produced)
	var doubled, foreign, disordered int
	count := func(id int64) {
		switch {
		case id < 0 || id >= produced:
			foreign++
		case seen[id] > 0:
			doubled++
		default:
			seen[id]++
		}
	}
	for p, ids := range delivered {
		last := int64(-1)
		for _, id := range ids {
			count(id)
			if id <= last || id%s.feed.spread != int64(p) {
				disordered++
			}
			last = id
			if id%poison == poison-1 {
				foreign++
			}
		}
	}
	for _, id := range dead {
		count(id)
		if id%poison != poison-1 {
			foreign++
		}
	}
	var missing []int64
	for id, n := range seen {
		if n == 0 {
			missing = append(missing, int64(id))
		}
	}
	s.t.Logf("%d records produced, %d delivered, %d dead, %d missing, %d twice, %d out of order, %d where they don't belong",
		produced, int(produced)-len(dead)-len(missing), len(dead), len(missing), doubled, disordered, foreign)
	if len(missing) > 0 || doubled > 0 || disordered > 0 || foreign > 0 {
		s.t.Errorf("records were lost, doubled or moved; the first missing: %v", missing[:min(len(missing), 10)])
	}
}

// toKafka is a pipeline from topic to topic.
type toKafka struct{}

func (toKafka) sinks(s *scene) string {
	return fmt.Sprintf("sinks:\n  default: {kafka: {topic: %s, partition: same}}\ndead_letters: {kafka: {topic: %s}}\n", s.topic("out"), s.topic("dead"))
}

func (toKafka) read(s *scene) (map[int][]int64, []int64) {
	delivered := make(map[int][]int64)
	var dead []int64
	s.consume(s.topic("out"), func(r *kgo.Record) {
		var v struct {
			ID    int64
			Label *string
		}
		v.ID = -1
		if err := json.Unmarshal(r.Value, &v); err != nil || v.Label == nil {
			s.t.Errorf("%s/%d/%d: not a labelled record: %.200q", r.Topic, r.Partition, r.Offset, r.Value)
		}
		delivered[int(r.Partition)] = append(delivered[int(r.Partition)], v.ID)
	})
	s.consume(s.topic("dead"), func(r *kgo.Record) { dead = append(dead, s.deadID(r)) })
	return delivered, dead
}

// deadID is the id in a dead letter.
func (s *scene) deadID(r *kgo.Record) int64 {
	n, err := strconv.ParseInt(string(bytes.TrimPrefix(r.Value, []byte("id "))), 10, 64)
	if err != nil {
		s.t.Errorf("a dead letter of a record that is sound: %.200q %v", r.Value, r.Headers)
		return -1
	}
	return n
}

// stable waits until no transaction is open in a topic: one of a killed process holds back the committed records behind
// it until the broker aborts it, after transaction_timeout and the next of its sweeps.
func (s *scene) stable(ctx context.Context, topic string) kadm.ListedOffsets {
	s.t.Helper()
	for {
		all, err := s.adm.ListEndOffsets(ctx, topic)
		s.must(err)
		ends, err := s.adm.ListCommittedOffsets(ctx, topic)
		s.must(err)
		s.must(ends.Error())
		open := 0
		all.Each(func(l kadm.ListedOffset) {
			if c, _ := ends.Lookup(l.Topic, l.Partition); c.Offset < l.Offset {
				open++
			}
		})
		if open == 0 {
			return ends
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// consume reads the committed records of a topic from its beginning to its end.
func (s *scene) consume(topic string, each func(*kgo.Record)) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 3*time.Minute)
	defer cancel()
	ends := s.stable(ctx, topic)
	cl := s.client(kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords())
	defer cl.Close()
	left := 0
	at := make(map[int32]int64)
	ends.Each(func(l kadm.ListedOffset) {
		if l.Offset > 0 {
			left++
			at[l.Partition] = l.Offset
		}
	})
	for left > 0 {
		fetches := cl.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			s.t.Fatalf("reading %s: %v; %d partitions are not read to their ends %v", topic, err, left, at)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if !r.Attrs.IsControl() && r.Offset < at[r.Partition] {
				each(r)
			}
			if r.Offset == at[r.Partition]-1 {
				left--
			}
		})
	}
}
