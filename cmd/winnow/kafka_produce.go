package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/topic"
	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

type kafkaProduceCmd struct {
	File        string  `arg:"" default:"-" help:"A file of lines, of gzip, zstd or bzip2 too; - for standard input."`
	Topic       string  `required:"" short:"t" placeholder:"TOPIC" help:"The topic to send to."`
	Key         string  `placeholder:"FIELD" help:"The field of each line's JSON object that becomes the record's key; a.b for nested ones."`
	PartitionBy string  `enum:"key,round-robin," default:"" placeholder:"HOW" help:"key (as the Java client does it) or round-robin. Default: key with --key, else round-robin."`
	Rate        float64 `placeholder:"N" help:"Send N records a second. Default: as fast as possible."`
	Create      int32   `placeholder:"PARTITIONS" help:"Make the topic with so many partitions, if it is missing."`
	kafkaFlags
}

// Help is the command's manual below its flags.
func (kafkaProduceCmd) Help() string {
	return `Examples:

  winnow kafka produce tickets.jsonl --topic tickets --brokers localhost:9092
  zcat old.gz | winnow kafka produce --topic tickets --spec tickets.yaml --key customer
  winnow kafka produce tickets.jsonl.zst -t tickets --spec tickets.yaml --create 6 --rate 500

Each line that is not blank becomes a record, in order within its partition, sent
by an idempotent producer. The first line that can't be sent ends the command.`
}

// Run sends.
func (c *kafkaProduceCmd) Run(ctx context.Context, m *Main) error {
	in, size, err := c.input(m)
	if err != nil {
		return err
	}
	defer in.Close()
	limit := new(atomic.Int32)
	limit.Store(defaultMessage)
	partitioner := kgo.RoundRobinPartitioner()
	if c.PartitionBy == "key" || c.PartitionBy == "" && c.Key != "" {
		partitioner = kgo.StickyKeyPartitioner(nil)
	}
	cl, conn, err := c.open(ctx, m, kgo.RecordPartitioner(partitioner), kgo.ProducerLinger(5*time.Millisecond),
		kgo.ProducerBatchMaxBytesFn(func(string) int32 { return limit.Load() }))
	if err != nil {
		return err
	}
	defer cl.Close()
	if err := c.prepare(ctx, cl, conn, limit); err != nil {
		return err
	}
	sending, stop := m.interruptible(ctx)
	defer stop()
	p := &production{cmd: c, cl: cl, conn: conn, limit: limit, in: in, started: time.Now()}
	watched := m.watchProduction(p, size)
	err = p.run(sending)
	if flushErr := cl.Flush(ctx); err == nil {
		err = flushErr
	}
	watched()
	if failed := p.failure(); failed != nil {
		err = failed
	}
	if !m.quiet {
		fmt.Fprintf(m.Stderr, "sent %s (%s) to %s in %s\n", term.Plural(p.sent.Load(), "record"), term.Bytes(p.bytes.Load()), c.Topic,
			term.Duration(time.Since(p.started)))
	}
	if err == nil && m.stopped != nil {
		err = fault.New(fault.RunInterrupted, "stopped after line %d", p.line).WithFix("the lines up to it were sent; send the rest with tail -n +%d", p.line+1)
	}
	return err
}

// defaultMessage is a broker's max.message.bytes where it does not tell, in bytes.
const defaultMessage = 1 << 20

// prepare makes the topic, if asked to, and learns how large its records may be.
func (c *kafkaProduceCmd) prepare(ctx context.Context, cl *kgo.Client, conn *cluster.Connection, limit *atomic.Int32) error {
	adm := kadm.NewClient(cl)
	if c.Create > 0 {
		made, err := adm.CreateTopic(ctx, c.Create, -1, nil, c.Topic)
		if err == nil {
			err = made.Err
		}
		if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			return cluster.Coded(err, conn)
		}
	}
	if _, err := cluster.Topics(ctx, cl, []string{c.Topic}, ""); err != nil {
		if e, ok := fault.As(err); ok && e.Code == fault.KafkaTopicUnknown {
			return e.WithFix("check its name, or let winnow make it with --create PARTITIONS")
		}
		return err
	}
	if n, ok := topic.MaxMessage(ctx, adm, c.Topic); ok {
		limit.Store(n)
	}
	return nil
}

// watchProduction draws progress until what it returns is called.
func (m *Main) watchProduction(p *production, in *counter) (stop func()) {
	screen := term.NewScreen(m.Stderr, m.color)
	if !screen.Live() || m.quiet {
		return func() {}
	}
	ended, drawn := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(drawn)
		tick := time.NewTicker(drawEvery)
		defer tick.Stop()
		defer screen.Clear()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
				sent := p.sent.Load()
				screen.Draw(term.Progress(&pipeline.Status{
					Phase: "sending", Counts: pipeline.Counts{Read: sent}, Rate: float64(sent) / time.Since(p.started).Seconds(),
					Done: in.read.Load(), Size: in.size,
				}, screen.Style()))
			}
		}
	}()
	return func() { close(ended); <-drawn }
}
