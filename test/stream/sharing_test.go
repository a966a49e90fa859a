//go:build integration

package stream

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/winnow-stream/winnow/test/broker"
)

// TestSharing holds how long partitions stand still when a process comes, ends, or is killed.
func TestSharing(t *testing.T) {
	s := newScene(t, broker.Start(t), toKafka{}, "")
	a, b := s.run(), s.run()
	s.feed.begin(2_000)
	s.within(30*time.Second, "two processes share 8 partitions evenly", func() bool {
		held := s.members()
		return len(held) == 2 && held[0] == 4 && held[1] == 4
	})
	begun := time.Now()
	a.end()
	before := s.committed() // what the one that ended had still committed is no proof
	s.within(10*time.Second-time.Since(begun), "all partitions move after SIGTERM", func() bool { return s.passed(before) })
	t.Logf("after SIGTERM every partition moved within %v", time.Since(begun).Round(100*time.Millisecond))
	a = s.run()
	s.within(30*time.Second, "they share again", func() bool { return len(s.members()) == 2 })
	begun = time.Now()
	b.kill()
	before = s.committed()
	// session_timeout and transaction_timeout are 6 s, and the broker sweeps transactions every 10 s.
	s.within(22*time.Second, "all partitions move after SIGKILL", func() bool { return s.passed(before) })
	t.Logf("after SIGKILL every partition moved within %v", time.Since(begun).Round(100*time.Millisecond))
	n := s.feed.end()
	s.drained(time.Minute)
	a.end()
	s.judge(n)
}

// within waits until a condition holds.
func (s *scene) within(limit time.Duration, what string, holds func() bool) {
	s.t.Helper()
	begun := time.Now()
	for !holds() {
		if time.Since(begun) > limit {
			s.t.Fatalf("%s: not within %v", what, limit)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// members are how many partitions each member of the group holds.
func (s *scene) members() (held []int) {
	s.t.Helper()
	groups, err := s.adm.DescribeGroups(s.t.Context(), s.group)
	if err != nil { // the coordinator of a new cluster's first group takes a moment
		return nil
	}
	for _, m := range groups[s.group].Members {
		n := 0
		if c, ok := m.Assigned.AsConsumer(); ok {
			for _, topic := range c.Topics {
				n += len(topic.Partitions)
			}
		}
		held = append(held, n)
	}
	return held
}

// committed are the group's offsets.
func (s *scene) committed() kadm.OffsetResponses {
	s.t.Helper()
	o, err := s.adm.FetchOffsets(s.t.Context(), s.group)
	s.must(err)
	return o
}

// passed reports whether every partition got on since.
func (s *scene) passed(before kadm.OffsetResponses) bool {
	now := s.committed()
	all := true
	before.Each(func(o kadm.OffsetResponse) {
		if n, ok := now.Lookup(o.Topic, o.Partition); !ok || n.At <= o.At {
			all = false
		}
	})
	return all
}

// TestManyPartitions reads 200 partitions in three processes, each within its memory.
func TestManyPartitions(t *testing.T) {
	const many, limit = 200, 400 << 20
	s := newScene(t, broker.Start(t), toKafka{}, "")
	_, err := s.adm.DeleteTopics(t.Context(), s.topic("in"), s.topic("out"))
	s.must(err)
	s.within(20*time.Second, "the topics are made anew", func() bool { return s.create(t.Context(), s.topic("in"), many, 1) == nil })
	s.within(20*time.Second, "the topics are made anew", func() bool { return s.create(t.Context(), s.topic("out"), many, 1) == nil })
	s.feed.spread = many
	all := []*process{s.run(), s.run(), s.run()}
	s.feed.begin(*rate)
	s.settle(size(60_000, 500_000))
	for _, p := range all {
		if peak := p.peak(); peak > limit {
			t.Errorf("a process took %d MiB, more than %d", peak>>20, int64(limit)>>20)
		} else {
			t.Logf("peak %d MiB", peak>>20)
		}
		p.end()
	}
}

// peak is the largest resident set of the process so far, in bytes.
func (p *process) peak() int64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	p.s.must(err)
	for line := range bytes.Lines(data) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmHWM:")); ok {
			n, err := strconv.ParseInt(string(bytes.Fields(rest)[0]), 10, 64)
			p.s.must(err)
			return n << 10
		}
	}
	return 0
}
