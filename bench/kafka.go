package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/test/broker"
)

var kafkaSection = &section{
	name: "kafka", title: "Kafka", apart: true, plain: true, measure: measureKafka,
	text: "One broker on the same machine, 3,000,000 records of 300 bytes of JSON in 8 partitions, read from the beginning to the end by\n" +
		"`winnow run` (start, joining the group and leaving it count) and by a bare franz-go loop that consumes and produces in\n" +
		"transactions (`bench/kafka_work.go`). The broker takes its share of the CPUs and of the disk; CPU is the client's alone. Latency\n" +
		"is that of 2,000 events a second over 25 s, from the producer's timestamp to a reader of committed records.",
}

const (
	kafkaPartitions = 8
	// kafkaShare is how many times as many records as rows of a file are read. A million take a second, too short to compare:
	// the same commit had 78 % of the loop's rate in one hour, by medians of five, and 98 % with three million in the next.
	kafkaShare = 3
)

// kafkaBench is a cluster with a topic to read.
type kafkaBench struct {
	*bench
	cluster *broker.Broker
	adm     *kadm.Client
	n       int // groups so far: each run reads the topic as another one
}

func measureKafka(b *bench) ([]*contest, error) {
	cluster, err := broker.Run(broker.ForLoad)
	if err != nil {
		return nil, err
	}
	defer func() { _ = cluster.Stop() }()
	cl, err := kgo.NewClient(kgo.SeedBrokers(cluster.Bootstrap))
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	k := &kafkaBench{bench: b, cluster: cluster, adm: kadm.NewClient(cl)}
	if err := k.topic("in"); err != nil {
		return nil, err
	}
	fmt.Printf("  produces %d records\n", k.records())
	if err := kafkaFill(cluster.Bootstrap, "in", k.records()); err != nil {
		return nil, err
	}
	labels := `classify: {labels: {billing: "Payments, invoices, refunds", bug: Something is broken, praise: Thanks and praise, other: Anything else}}`
	var all []*contest
	for _, tx := range []struct {
		name    string
		records int
		commit  string
	}{{"transactions of 10,000", 10_000, "commit: {records: 10000}"}, {"the default: 50,000 or 1 s", 50_000, ""}} {
		loop := k.series("bare exactly-once loop", func() ([]string, error) {
			return []string{b.self, "work", "kafka-loop", cluster.Bootstrap, "in", "out", k.group(), strconv.Itoa(tx.records), "1s"}, nil
		})
		plain := k.winnowRun("winnow without a classifier", tx.commit, "sinks: {default: {kafka: {topic: out}}}")
		labelled := k.winnowRun("winnow, zero-shot with 4 labels", tx.commit+"\n"+labels, "sinks: {default: {kafka: {topic: out}}}")
		if err := k.alternate(b.runs, loop, plain, labelled); err != nil {
			return nil, err
		}
		all = append(all, &contest{Title: "Exactly once, " + tx.name, Series: []*series{loop, plain, labelled}, Goals: []goal{
			{Text: "records/s beside the loop, no classifier, " + tx.name, Value: 100 * loop.wall().median / plain.wall().median, Limit: 80, Unit: "%"},
			{Text: "records/s beside the loop, 4 labels, " + tx.name, Value: 100 * loop.wall().median / labelled.wall().median, Limit: 55, Unit: "%"},
			{Text: "client CPU a record, 4 labels, " + tx.name, Value: labelled.cpu().median, Limit: 4.5, Below: true, Unit: "µs"},
		}})
	}
	atLeast := k.winnowRun("winnow, at least once, 4 labels", "guarantee: at_least_once\n"+labels, "sinks: {default: {kafka: {topic: out}}}")
	lz4 := k.winnowRun("winnow, exactly once, lz4, 4 labels", labels, "sinks: {default: {kafka: {topic: out, compression: lz4}}}")
	parquet := k.winnowRun("winnow, Kafka → Parquet, 4 labels", labels, fmt.Sprintf("sinks: {default: {parquet: {path: %s/}}}", k.result("kafka-parquet")))
	if err := k.alternate(min(b.runs, 3), atLeast, lz4, parquet); err != nil {
		return nil, err
	}
	latency, err := k.measureLatency()
	if err != nil {
		return nil, err
	}
	return append(all, &contest{Title: "Other ways", Series: []*series{atLeast, lz4, parquet}}, latency), nil
}

// topic makes a topic and waits until the broker knows it: the controller answers before that.
func (k *kafkaBench) topic(name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r, err := k.adm.CreateTopic(ctx, kafkaPartitions, 1, nil, name)
	if err == nil {
		err = r.Err
	}
	for err == nil {
		var found kadm.TopicDetails
		if found, err = k.adm.ListTopics(ctx, name); found[name].ID == r.ID && len(found[name].Partitions) == kafkaPartitions {
			return nil // and it is not the one of the same name that was deleted
		}
		time.Sleep(20 * time.Millisecond)
	}
	return err
}

// records is how many the input topic has.
func (k *kafkaBench) records() int { return kafkaShare * k.rows }

func (k *kafkaBench) group() string {
	k.n++
	return fmt.Sprintf("bench-%d", k.n)
}

// series makes a command anew for each run.
func (k *kafkaBench) series(name string, args func() ([]string, error)) *series {
	return &series{Name: name, Records: k.records(), before: func(s *series) error {
		// A run's output is as large as the input: the topic is made anew, so that the disk does not fill.
		_, _ = k.adm.DeleteTopics(context.Background(), "out")
		if err := os.RemoveAll(k.result("kafka-parquet")); err != nil {
			return err
		}
		var err error
		for range 50 {
			if err = k.topic("out"); err == nil {
				break
			}
		}
		if err != nil {
			return err
		}
		s.args, err = args()
		return err
	}}
}

// winnowRun is `winnow run` of a spec.
func (k *kafkaBench) winnowRun(name, fields, sinks string) *series {
	return k.series(name, func() ([]string, error) {
		path := filepath.Join(k.dir, "out", "kafka.yaml")
		text := fmt.Sprintf("name: bench\nsource: {kafka: {brokers: [%s], topics: [in], group: %s, until: latest}}\n%s\n%s\n",
			strings.Split(k.cluster.Bootstrap, ",")[0], k.group(), fields, sinks)
		return []string{k.winnow, "run", path, "--quiet"}, os.WriteFile(path, []byte(text), 0o600)
	})
}
