//go:build integration

package stream

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/test/broker"
	"github.com/winnow-stream/winnow/test/python"
)

// withHeaders writes results as headers, beside the untouched value.
type withHeaders struct{ toKafka }

func (withHeaders) sinks(s *scene) string {
	return fmt.Sprintf("sinks:\n  default: {kafka: {topic: %s, results: headers}}\ndead_letters: {kafka: {topic: %s}}\n", s.topic("out"), s.topic("dead"))
}

// TestForeignReaders reads the output by the broker's own console consumer and by a Python client.
func TestForeignReaders(t *testing.T) {
	cluster := broker.Start(t)
	s := newScene(t, cluster, withHeaders{}, "until: latest\n")
	const n = 20
	at := time.UnixMilli(1_750_000_000_000)
	for i := range n {
		s.produce(t.Context(), &kgo.Record{
			Partition: int32(i % partitions), Key: fmt.Appendf(nil, "key %d", i), Timestamp: at.Add(time.Duration(i) * time.Second),
			Value: fmt.Appendf(nil, `{"id":%d,"text":"my card was charged twice"}`, i), Headers: []kgo.RecordHeader{{Key: "trace", Value: []byte("abc")}},
		})
	}
	p := s.run()
	<-p.done
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		t.Fatalf("it ended with %d", code)
	}

	out, err := cluster.Tool("console-consumer", "--topic", s.topic("out"), "--from-beginning", "--isolation-level", "read_committed",
		"--max-messages", strconv.Itoa(n), "--timeout-ms", "20000", "--property", "print.key=true", "--property", "print.headers=true")
	s.must(err)
	if got := strings.Count(out, "winnow-label:billing"); got != n || !strings.Contains(out, "trace:abc") || !strings.Contains(out, "key 7\t{\"id\":7,") {
		t.Errorf("the console consumer saw %d labels:\n%.800s", got, out)
	}

	stdout := script(t, client(t), "testdata/consume.py", cluster.Bootstrap, s.topic("out"), strconv.Itoa(n))
	seen := 0
	for line := range strings.Lines(stdout) {
		var r struct {
			Partition  int
			Key, Value string
			Time       int64
			Headers    map[string]string
		}
		s.must(json.Unmarshal([]byte(line), &r))
		var v struct{ ID int }
		s.must(json.Unmarshal([]byte(r.Value), &v))
		want := fmt.Sprintf(`{"id":%d,"text":"my card was charged twice"}`, v.ID)
		if r.Value != want || r.Key != fmt.Sprintf("key %d", v.ID) || r.Time != at.UnixMilli()+1000*int64(v.ID) ||
			r.Headers["trace"] != "abc" || r.Headers["winnow-label"] != "billing" || r.Headers["winnow-confidence"] == "" {
			t.Errorf("%+v", r)
		}
		seen++
	}
	if seen != n {
		t.Errorf("Python saw %d records", seen)
	}
}

// script runs a Python script to its end and returns what it prints.
func script(t *testing.T, interpreter string, args ...string) string {
	t.Helper()
	cmd := exec.Command(interpreter, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", args[0], err, stderr.Bytes())
	}
	return stdout.String()
}

// client is a Python with Confluent's client for Kafka.
func client(t *testing.T) string {
	t.Helper()
	return python.With(t, "kafka-venv", "confluent-kafka[protobuf]==2.16.1", "protobuf==7.36.2")
}
