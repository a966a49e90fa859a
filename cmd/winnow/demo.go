package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/demo"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/topic"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

type demoCmd struct {
	For  time.Duration `placeholder:"TIME" help:"End after this long, such as 30s. Default: at Ctrl-C on a terminal, else 10s."`
	Rate int           `default:"500" placeholder:"N" help:"Messages a second."`
	Spec bool          `help:"Print the spec of the pipeline, and end."`
}

// Help is the command's manual below its flags.
func (demoCmd) Help() string {
	return `Examples:

  winnow demo
  winnow demo --for 30s --rate 5000
  winnow demo --spec > demo.yaml

It needs nothing: a broker runs in this process (a stand-in for Kafka that keeps
topics in memory and speaks Kafka's protocol, transactions included), a producer
sends customer messages to it, and a pipeline labels them, exactly once.`
}

// demoFor is how long the demo runs where nobody can end it.
const demoFor = 10 * time.Second

// Run starts the broker, the producer and the pipeline, and shows them.
func (c *demoCmd) Run(ctx context.Context, m *Main) error {
	if c.Spec {
		_, err := m.Stdout.Write(demo.Spec)
		return err
	}
	if c.Rate < 1 {
		return fault.New(fault.Usage, "--rate is %d", c.Rate).WithFix("give a number from 1")
	}
	if c.For == 0 && !term.IsTerminal(m.Stderr) {
		c.For = demoFor
	}
	broker, err := demo.Start()
	if err != nil {
		return err
	}
	defer broker.Close()
	p, err := c.pipeline(m, broker.Broker)
	if err != nil {
		return err
	}
	var group sync.WaitGroup
	defer group.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if c.For > 0 {
		end := time.AfterFunc(c.For, p.Drain)
		defer end.Stop()
	}
	latest := new(demo.Latest)
	group.Go(func() {
		if err := broker.Produce(ctx, c.Rate); err != nil {
			m.Log.Warn().Err(err).Msg("no more messages are sent")
		}
	})
	group.Go(func() { c.follow(ctx, broker.Broker, latest) })
	sum, err := m.execute(ctx, &job{
		name: "demo", memory: 64 << 20, pipeline: p, outputs: []string{demo.Labelled}, view: &view{
			every: time.Second,
			draw: func(st *pipeline.Status, s term.Style) []string {
				head := "an embedded broker at " + broker.Broker + ": " + demo.Input + " → " + demo.Labelled + "; Ctrl-C ends it"
				return append([]string{head, ""}, term.Demo(st, latest.List(), s)...)
			},
			line: func(st *pipeline.Status) string { return term.DemoLine(st) },
		},
	})
	if fault.Is(err, fault.RunInterrupted) && sum.Plan != nil {
		err = nil // as it was asked to
	}
	if err == nil && !m.quiet {
		fmt.Fprint(m.Stdout, demoNext)
	}
	return err
}

const demoNext = `
Next:
  winnow demo --spec > demo.yaml        the spec that ran; put your brokers and topics in
  winnow validate demo.yaml             is everything there?
  winnow run demo.yaml --dry-run        look at the first records, without a trace
  winnow run demo.yaml                  run it
`

// pipeline builds what the spec says, over this broker.
func (c *demoCmd) pipeline(m *Main, broker string) (*pipeline.Pipeline, error) {
	env := func(name string) (string, bool) {
		if name == "DEMO_BROKERS" {
			return broker, true
		}
		return os.LookupEnv(name)
	}
	s, err := spec.Parse("demo.yaml", demo.Spec, wire.Kinds(), env)
	if err != nil {
		return nil, err
	}
	o := m.options()
	if m.Log.GetLevel() == zerolog.InfoLevel { // its own lines would stand between those of the view
		o.Log = m.Log.Level(zerolog.WarnLevel)
	}
	return wire.Build(s, o)
}

// follow keeps the latest labelled records. The topic is there once the pipeline has begun.
func (c *demoCmd) follow(ctx context.Context, broker string, latest *demo.Latest) {
	conn := &cluster.Connection{Brokers: []string{broker}}
	cl, err := topic.Open(ctx, conn, zerolog.Nop())
	if err != nil {
		return
	}
	defer cl.Close()
	for ctx.Err() == nil {
		spans, err := topic.Spans(ctx, cl, conn, []string{demo.Labelled})
		if err != nil || len(spans) == 0 {
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
			continue
		}
		for i := range spans {
			spans[i].From, spans[i].To = spans[i].To, -1
		}
		_ = topic.Read(ctx, conn, spans, topic.Options{Log: zerolog.Nop()}, func(r *kgo.Record) error { // the view goes on without
			latest.Add(r.Value)
			return nil
		})
	}
}
