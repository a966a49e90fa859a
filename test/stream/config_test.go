//go:build integration

package stream

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/test/broker"
)

// TestBadConfiguration runs specs that can't work: each ends with one message that says what is wrong, and with its code
// and status.
func TestBadConfiguration(t *testing.T) {
	cluster := broker.Start(t, broker.WithSASL, broker.WithTLS, broker.WithACL)
	s := newScene(t, cluster, toKafka{}, "")
	in := s.topic("in")
	s.produce(t.Context(), &kgo.Record{Value: []byte(`{"id":0,"text":"my card was charged twice"}`)})
	eager := s.client(kgo.ConsumeTopics(in), kgo.ConsumerGroup("eager"), kgo.Balancers(kgo.RangeBalancer()))
	eager.PollFetches(t.Context())
	lost := kadm.Offsets{}
	lost.AddOffset(in, 0, 5, -1)
	s.must(s.adm.CommitAllOffsets(t.Context(), "lost", lost))

	plain, sasl := fmt.Sprintf("brokers: [%q]", cluster.Bootstrap), fmt.Sprintf("brokers: [%q]", cluster.SASL)
	login := func(user, password string) string {
		return fmt.Sprintf("sasl: {mechanism: SCRAM-SHA-256, user: %s, password: %q}", user, password)
	}
	for _, c := range []struct {
		name   string
		source string // beside topics and group
		topics string // default: in
		group  string
		out    string
		more   string
		code   string
		says   string
		status int
	}{
		{name: "no broker there", source: "brokers: [localhost:1]", code: "kafka.unreachable", says: "localhost:1", status: 3},
		{name: "no such host", source: "brokers: [nowhere.invalid:9092]", code: "kafka.unreachable", says: "nowhere.invalid", status: 3},
		{name: "TLS against plaintext", source: plain + ", tls: {}", code: "kafka.tls", status: 3},
		{name: "plaintext against TLS", source: fmt.Sprintf("brokers: [%q]", cluster.TLS), code: "kafka.tls", status: 3},
		{name: "wrong password", source: sasl + ", " + login("app", "wrong"), code: "kafka.auth", status: 3},
		{name: "no rights", source: sasl + ", " + login("app", "app-secret"), code: "kafka.auth", says: "DESCRIBE on topic " + in, status: 3},
		{name: "topic absent", topics: "topics: [" + in + "n]", code: "kafka.topic_unknown", says: "did you mean " + in, status: 2},
		{name: "pattern without a match", topics: "topics_regex: ^nothing", code: "kafka.topic_unknown", says: "^nothing", status: 2},
		{name: "group of another protocol", group: "eager", code: "kafka.group", says: "INCONSISTENT_GROUP_PROTOCOL", status: 2},
		{name: "output is the input", out: in, code: "config.loop", says: in + " is both read and written", status: 2},
		{name: "dead letters are the input", more: "dead_letters: {kafka: {topic: " + in + "}}", code: "config.loop", status: 2},
		{name: "output absent", out: s.topic("outt"), code: "kafka.topic_unknown", says: s.topic("outt"), status: 2},
		{name: "transaction timeout", source: plain + ", transaction_timeout: 1h", code: "kafka.unsupported", says: "transaction", status: 3},
		{name: "registry away", source: plain + `, format: avro, schema_registry: {url: "http://localhost:1"}`, code: "schema.registry", status: 3},
		{name: "offset out of range", group: "lost", code: "kafka.data_lost", says: "the group stands at offset 5, and the partition ends at 1", status: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			orElse := func(v, other string) string {
				if v == "" {
					return other
				}
				return v
			}
			spec := filepath.Join(t.TempDir(), "spec.yaml")
			text := fmt.Sprintf("name: bad\nsource: {kafka: {%s, %s, group: %s, until: latest}}\ntext: text\nclassify: {labels: {a: One, b: Two}}\nsinks: {default: {kafka: {topic: %s}}}\n%s\n",
				orElse(c.source, plain), orElse(c.topics, "topics: ["+in+"]"), orElse(c.group, "bad"), orElse(c.out, s.topic("out")), c.more)
			s.must(os.WriteFile(spec, []byte(text), 0o600))
			cmd := exec.Command(winnow, "run", spec, "--quiet")
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			begun := time.Now()
			err := cmd.Run()
			if took := time.Since(begun); took > 30*time.Second {
				t.Errorf("it took %v", took)
			}
			if err == nil || cmd.ProcessState.ExitCode() != c.status {
				t.Errorf("status %d, want %d", cmd.ProcessState.ExitCode(), c.status)
			}
			out := stderr.String()
			if !strings.Contains(out, "winnow: ") || !strings.Contains(out, c.code+": ") || !strings.Contains(out, c.says) || !strings.Contains(out, "\n  fix: ") {
				t.Errorf("want %s with %q:\n%s", c.code, c.says, out)
			}
			if strings.Contains(out, "secret") || strings.Contains(out, `"wrong"`) || strings.Contains(out, "goroutine ") {
				t.Errorf("it tells a secret, or a stack:\n%s", out)
			}
		})
	}
}
