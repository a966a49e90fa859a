//go:build integration

package stream

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/test/broker"
)

const partitions = 8

// scene is a cluster with an input topic, a pipeline's spec, and the producer that feeds it.
type scene struct {
	t       *testing.T
	cluster *broker.Broker
	connect string // where winnow connects: past a proxy, in some tests
	dir     string
	adm     *kadm.Client
	spec    string // path
	group   string
	out     output
	feed    *producer
}

// output is what the pipeline writes to, and how to read it again.
type output interface {
	// sinks is the spec's sinks and dead letters.
	sinks(s *scene) string
	// read returns the ids of each partition in the order in which they stand there, dead letters apart.
	read(s *scene) (delivered map[int][]int64, dead []int64)
}

// newScene starts a cluster, unless one is given, and makes topics.
func newScene(t *testing.T, cluster *broker.Broker, out output, extra string) *scene {
	t.Helper()
	s := &scene{t: t, cluster: cluster, connect: cluster.Bootstrap, dir: t.TempDir(), out: out, group: name(t)}
	cl := s.client()
	s.adm = kadm.NewClient(cl)
	ctx := t.Context()
	replication := int16(strings.Count(cluster.Bootstrap, ",") + 1)
	for _, topic := range []string{s.topic("in"), s.topic("out")} {
		s.must(s.create(ctx, topic, partitions, replication))
	}
	s.must(s.create(ctx, s.topic("dead"), 1, replication))
	s.writeSpec(extra)
	s.feed = newProducer(s)
	return s
}

// create makes a topic, and returns when the brokers tell of it: they say yes before they have heard of it themselves.
func (s *scene) create(ctx context.Context, topic string, partitions int32, replication int16) error {
	r, err := s.adm.CreateTopic(ctx, partitions, replication, nil, topic)
	if err = cmp.Or(err, r.Err); err != nil {
		return err
	}
	s.within(20*time.Second, topic+" is there", func() bool {
		topics, err := s.adm.ListTopics(ctx, topic)
		return err == nil && topics[topic].Err == nil && len(topics[topic].Partitions) == int(partitions)
	})
	return nil
}

// name makes a topic's and a group's name of a test's.
func name(t *testing.T) string {
	return strings.NewReplacer("/", ".", " ", "_", "#", "_").Replace(strings.TrimPrefix(t.Name(), "Test"))
}

func (s *scene) topic(which string) string { return s.group + "." + which }

// client is a client of the test's own, straight to the brokers.
func (s *scene) client(opts ...kgo.Opt) *kgo.Client {
	s.t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(strings.Split(s.cluster.Bootstrap, ",")...)}, opts...)...)
	s.must(err)
	s.t.Cleanup(cl.Close)
	return cl
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// writeSpec writes the pipeline's spec. Extra are more fields of the source.
func (s *scene) writeSpec(extra string) {
	s.spec = filepath.Join(s.dir, "spec.yaml")
	text := fmt.Sprintf(`name: %s
source:
  kafka:
    brokers: [%s]
    topics: [%s]
    group: %s
    session_timeout: 6s
    transaction_timeout: 6s
%s
text: text
classify:
  labels: {billing: "Payments, invoices, refunds", bug: Something is broken, other: Anything else}
max_error_rate: 1
%s`, s.group, s.connect, s.topic("in"), s.group, indent(extra, "    "), s.out.sinks(s))
	s.must(os.WriteFile(s.spec, []byte(text), 0o600))
}

func indent(text, by string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(by + line)
	}
	return b.String()
}

// lag is how many records of the input the group has still to read.
func (s *scene) lag() (int64, error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	done, err := s.adm.FetchOffsets(ctx, s.group)
	if err != nil {
		return 0, err
	}
	ends, err := s.adm.ListEndOffsets(ctx, s.topic("in"))
	if err != nil {
		return 0, err
	}
	var lag int64
	ends.Each(func(e kadm.ListedOffset) {
		at := int64(0)
		if o, ok := done.Lookup(e.Topic, e.Partition); ok && o.At > 0 {
			at = o.At
		}
		lag += e.Offset - at
	})
	return lag, nil
}

// drained waits until everything produced is committed.
func (s *scene) drained(within time.Duration) {
	s.t.Helper()
	var last string
	for deadline := time.Now().Add(within); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		lag, err := s.lag()
		if err == nil && lag == 0 {
			return
		}
		last = fmt.Sprintf("lag %d, error %v", lag, err)
	}
	s.t.Fatalf("not all was read within %v: %s", within, last)
}
