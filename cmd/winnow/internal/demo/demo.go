package demo

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Names in the spec.
const (
	Input    = "messages"
	Labelled = "messages.labelled"
)

// Spec is the pipeline as YAML. DEMO_BROKERS stands in it for the broker's address.
//
//go:embed spec.yaml
var Spec []byte

// messages.jsonl is every fifth of the demo's messages (testdata/demo/tickets.parquet).
//
//go:embed messages.jsonl
var messages []byte

const (
	partitions = 4
	// keep is how much of each partition the broker keeps, in bytes, so that a demo may run for days.
	keep = "8388608"
	// tick is how often messages are sent, and trim how often old ones are dropped.
	tick = 20 * time.Millisecond
	trim = 10 * time.Second
	// oneBadIn is how many messages there are for each that has no text.
	oneBadIn = 500
)

// Cluster is the broker with the topic of messages.
type Cluster struct {
	Broker string // host:port
	fake   *kfake.Cluster
}

// Start starts the broker on a free port of the loopback interface. The caller closes it.
func Start() (*Cluster, error) {
	fake, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(partitions, Input, Labelled),
		kfake.BrokerConfigs(map[string]string{"log.retention.bytes": keep}))
	if err != nil {
		return nil, fmt.Errorf("start the broker: %w", err)
	}
	return &Cluster{Broker: fake.ListenAddrs()[0], fake: fake}, nil
}

// Close ends the broker; its topics are gone.
func (c *Cluster) Close() { c.fake.Close() }

type message struct {
	ID      int64  `json:"id"`
	Channel string `json:"channel"`
	Text    string `json:"text,omitempty"`
}

// Produce sends messages until the context ends, so many a second.
func (c *Cluster) Produce(ctx context.Context, rate int) error {
	var all []message
	for line := range bytes.Lines(messages) {
		var m message
		if err := json.Unmarshal(line, &m); err != nil {
			return err
		}
		all = append(all, m)
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.Broker), kgo.DefaultProduceTopic(Input))
	if err != nil {
		return err
	}
	defer cl.Close()
	ticks := time.NewTicker(tick)
	defer ticks.Stop()
	started, trimmed := time.Now(), time.Now()
	for sent := int64(0); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
		for due := int64(time.Since(started).Seconds() * float64(rate)); sent < due; sent++ {
			m := all[rand.IntN(len(all))]
			m.ID = sent + 1
			if m.ID%oneBadIn == 0 {
				m.Text = ""
			}
			value, err := json.Marshal(m)
			if err != nil {
				return err
			}
			cl.Produce(ctx, &kgo.Record{Key: strconv.AppendInt(nil, m.ID, 10), Value: value}, nil)
		}
		if time.Since(trimmed) > trim {
			c.fake.ApplyRetention()
			trimmed = time.Now()
		}
	}
}
