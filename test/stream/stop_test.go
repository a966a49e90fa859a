//go:build integration

package stream

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/test/broker"
)

// stopped is what a stream says that was told to stop.
var stopped = regexp.MustCompile(`(?m)^winnow: stopped after (\d+) records, all of them committed \((\d+) delivered, (\d+) rejected, 0 dropped\)\n  next: run the same command again: it goes on exactly there$`)

// TestStopped stops a stream by each signal: it says calmly how much is committed, which is where its group stands, ends with
// the signal's status, and the same command goes on exactly there.
func TestStopped(t *testing.T) {
	s := newScene(t, broker.Start(t), toKafka{}, "")
	const each = 3000
	total, before := 0, int64(0) // records produced, and left over by the last round
	for _, c := range []struct {
		signal syscall.Signal
		status int
	}{{syscall.SIGTERM, 143}, {syscall.SIGINT, 130}} {
		records := make([]*kgo.Record, each)
		for i := range records {
			records[i] = s.feed.record(int64(total + i))
		}
		records[17].Value = []byte("no JSON")
		s.produce(t.Context(), records...)
		total += each
		p := s.run("--set", "commit.records=100", "--set", "batch.rows=100")
		s.within(2*time.Minute, "something is committed", func() bool {
			lag, err := s.lag()
			return err == nil && lag < before+each
		})
		p.signal(c.signal)
		select {
		case <-p.done:
		case <-time.After(2 * time.Minute):
			t.Fatalf("%v did not end it", c.signal)
		}
		if code := p.cmd.ProcessState.ExitCode(); code != c.status {
			t.Errorf("%v ended it with %d, want %d", c.signal, code, c.status)
		}
		log, err := os.ReadFile(p.log)
		s.must(err)
		m := stopped.FindSubmatch(log)
		if m == nil {
			t.Fatalf("it does not say how it stopped:\n%s", log)
		}
		for _, word := range []string{"run.interrupted", "fix:", "error"} {
			if strings.Contains(string(log), word) {
				t.Errorf("it says %q, as if something had gone wrong:\n%s", word, log)
			}
		}
		read, _ := strconv.Atoi(string(m[1]))
		delivered, _ := strconv.Atoi(string(m[2]))
		rejected, _ := strconv.Atoi(string(m[3]))
		lag, err := s.lag()
		s.must(err)
		if int64(read) != before+each-lag || delivered+rejected != read {
			t.Errorf("of %d records %d are left, and it says %s", before+each, lag, m[0])
		}
		before = lag
	}
	s.done("run", s.spec, "--quiet", "--set", "source.kafka.until=latest")
	seen := make(map[string]int)
	for _, topic := range []string{s.topic("out"), s.topic("dead")} {
		s.consume(topic, func(r *kgo.Record) {
			id := regexp.MustCompile(`"id":\d+`).FindString(string(r.Value))
			seen[id]++
		})
	}
	if seen[""] != 2 || len(seen) != total-1 {
		t.Errorf("%d records came out, and %d dead letters, of %d", len(seen)-1, seen[""], total)
	}
	for id, n := range seen {
		if id != "" && n > 1 {
			t.Errorf("%s came out %d times", id, n)
		}
	}
}
