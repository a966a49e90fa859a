package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	latencyRate = 2000 // events a second
	latencyFor  = 30 * time.Second
	latencySkip = 5 * time.Second // until the group has formed
)

// latency runs a pipeline over events at a steady rate, and returns how long each took from its producer's timestamp to
// a reader of committed records, in order of length.
func (k *kafkaBench) latency(commit string) ([]time.Duration, error) {
	k.n++
	in, out := fmt.Sprintf("events-%d", k.n), fmt.Sprintf("labelled-%d", k.n)
	for _, t := range []string{in, out} {
		if err := k.topic(t); err != nil {
			return nil, err
		}
	}
	spec := filepath.Join(k.dir, "out", "latency.yaml")
	text := fmt.Sprintf("name: latency\nsource: {kafka: {brokers: [%s], topics: [%s], group: %s}}\nclassify: {labels: {billing: Payments, bug: Something is broken, praise: Thanks, other: Anything else}}\n%s\nsinks: {default: {kafka: {topic: %s}}}\n",
		k.cluster.Bootstrap, in, k.group(), commit, out)
	if err := os.WriteFile(spec, []byte(text), 0o600); err != nil {
		return nil, err
	}
	run := exec.Command(k.winnow, "run", spec, "--quiet")
	run.Stderr = os.Stderr
	if err := run.Start(); err != nil {
		return nil, err
	}
	defer func() {
		_ = run.Process.Signal(syscall.SIGTERM)
		_ = run.Wait() // it ends by the signal
	}()
	ctx, cancel := context.WithTimeout(context.Background(), latencyFor)
	defer cancel()
	go k.events(ctx, in)
	reader, err := kgo.NewClient(kgo.SeedBrokers(k.cluster.Bootstrap), kgo.ConsumeTopics(out), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxWait(10*time.Millisecond))
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	var took []time.Duration
	begun := time.Now()
	for ctx.Err() == nil {
		fetches := reader.PollFetches(ctx)
		now := time.Now()
		fetches.EachRecord(func(r *kgo.Record) {
			if r.Timestamp.Sub(begun) > latencySkip {
				took = append(took, now.Sub(r.Timestamp))
			}
		})
	}
	if len(took) < latencyRate {
		return nil, fmt.Errorf("only %d events came through", len(took))
	}
	slices.Sort(took)
	return took, nil
}

// events produces at the rate until ctx ends.
func (k *kafkaBench) events(ctx context.Context, topic string) {
	cl, err := kgo.NewClient(kgo.SeedBrokers(k.cluster.Bootstrap), kgo.DefaultProduceTopic(topic), kgo.ProducerLinger(0))
	if err != nil {
		return
	}
	defer cl.Close()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ctx.Err() == nil; <-tick.C {
		for range latencyRate / 100 {
			cl.Produce(ctx, &kgo.Record{Key: fmt.Appendf(nil, "%d", i%1000), Value: fmt.Appendf(nil, `{"id":%d,"text":%q}`, i, k.corpus.Long(i))}, nil)
			i++
		}
	}
}

// measureLatency holds the latencies to their limits.
func (k *kafkaBench) measureLatency() (*contest, error) {
	c := &contest{Title: fmt.Sprintf("Latency at %d events/s", latencyRate)}
	for _, s := range []struct {
		name, commit string
		goals        map[int]float64 // percentile → limit in ms
	}{
		{"default settings", "", map[int]float64{50: 1000, 99: 2000}},
		{"commit: {interval: 50ms}", "commit: {interval: 50ms}", map[int]float64{99: 250}},
	} {
		took, err := k.latency(s.commit)
		if err != nil {
			return nil, err
		}
		for _, p := range []int{50, 99} {
			limit, ok := s.goals[p]
			if !ok {
				continue
			}
			at := took[len(took)*p/100]
			fmt.Printf("  latency, %s: p%d %v of %d events\n", s.name, p, at.Round(time.Millisecond), len(took))
			c.Goals = append(c.Goals, goal{
				Text:  fmt.Sprintf("from the producer's timestamp to a read_committed reader, %s, p%d", s.name, p),
				Value: float64(at.Milliseconds()), Limit: limit, Below: true, Unit: "ms",
			})
		}
	}
	return c, nil
}
