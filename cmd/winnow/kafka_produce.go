package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidwall/gjson"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/topic"
	"github.com/winnow-stream/winnow/connectors/file/inflate"
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
		err = fault.New(fault.RunInterrupted, "stopped after line %d", p.line).WithFix("the lines before it were sent; send the rest with tail -n +%d", p.line+1)
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

// input opens the file and finds out how it is compressed. The size is 0 where it is not known.
func (c *kafkaProduceCmd) input(m *Main) (io.ReadCloser, *counter, error) {
	in := &counter{Reader: m.Stdin}
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return nil, nil, fault.New(fault.InputMissing, "%w", err).At(fault.Where{File: c.File})
		}
		in.Reader, in.Closer = f, f
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			in.size = info.Size()
		}
	}
	head := bufio.NewReaderSize(in, 64<<10)
	first, err := head.Peek(inflate.HeadSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, fault.New(fault.InputRead, "%w", err).At(fault.Where{File: c.File})
	}
	r, err := inflate.NewReader(inflate.Detect(first), head)
	if err != nil {
		return nil, nil, fault.New(fault.InputRead, "%w", err).At(fault.Where{File: c.File})
	}
	return &closers{r, in}, in, nil
}

// counter counts what is read of the file itself.
type counter struct {
	io.Reader
	io.Closer
	read atomic.Int64
	size int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read.Add(int64(n))
	return n, err
}

// Close closes the file; standard input stays open.
func (c *counter) Close() error {
	if c.Closer == nil {
		return nil
	}
	return c.Closer.Close()
}

type closers struct {
	io.ReadCloser
	file io.Closer
}

func (c *closers) Close() error { return errors.Join(c.ReadCloser.Close(), c.file.Close()) }

// production sends lines.
type production struct {
	cmd     *kafkaProduceCmd
	cl      *kgo.Client
	conn    *cluster.Connection
	limit   *atomic.Int32
	in      io.Reader
	started time.Time
	line    int64 // read last
	sent    atomic.Int64
	bytes   atomic.Int64

	mu     sync.Mutex
	failed error // guarded by mu; of the first line that could not be sent
}

func (p *production) run(ctx context.Context) error {
	lines := bufio.NewReaderSize(p.in, 1<<20)
	for n := 0; ctx.Err() == nil && p.failure() == nil; {
		line, err := lines.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fault.New(fault.InputRead, "%w", err).At(fault.Where{File: p.cmd.File, Line: p.line + 1})
		}
		if len(line) == 0 {
			return nil
		}
		p.line++
		where := fault.Where{File: p.cmd.File, Line: p.line}
		if line = bytes.TrimRight(line, "\r\n"); len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		r := &kgo.Record{Topic: p.cmd.Topic, Value: line}
		if r.Key, err = p.key(line); err != nil {
			return err
		}
		n++
		if !p.pace(ctx, n) {
			p.line--
			return nil
		}
		p.cl.Produce(ctx, r, func(r *kgo.Record, err error) { p.answer(r, err, where) })
	}
	return nil
}

// pace waits until the n-th record is due; false where it is interrupted meanwhile.
func (p *production) pace(ctx context.Context, n int) bool {
	if p.cmd.Rate <= 0 {
		return true
	}
	due := p.started.Add(time.Duration(float64(n-1) / p.cmd.Rate * float64(time.Second)))
	wait := time.NewTimer(time.Until(due))
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-wait.C:
		return true
	}
}

// key is the record's key; nil without --key.
func (p *production) key(line []byte) ([]byte, error) {
	if p.cmd.Key == "" {
		return nil, nil
	}
	where := fault.Where{File: p.cmd.File, Line: p.line}
	if !gjson.ValidBytes(line) {
		return nil, fault.New(fault.RecordJSON, "the line is no JSON, so it has no field %s for the key", p.cmd.Key).At(where).WithFix("mend the line, or leave --key out")
	}
	v := gjson.GetBytes(line, p.cmd.Key)
	if !v.Exists() || v.Type == gjson.Null {
		return nil, fault.New(fault.RecordJSON, "the line has no field %s for the key", p.cmd.Key).At(where).WithFix("name another field with --key")
	}
	return []byte(v.String()), nil
}

// answer is told what became of a line.
func (p *production) answer(r *kgo.Record, err error, where fault.Where) {
	if err == nil {
		p.sent.Add(1)
		p.bytes.Add(int64(len(r.Value)))
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.failed != nil, errors.Is(err, context.Canceled):
	case errors.Is(err, kerr.MessageTooLarge):
		p.failed = fault.New(fault.RecordTooLarge, "the line has %d bytes, and the topic %s takes %d (max.message.bytes)", len(r.Value), r.Topic, p.limit.Load()).
			At(where).WithFix("raise max.message.bytes of the topic, or take the line out")
	default:
		p.failed = cluster.Coded(err, p.conn).At(where)
	}
}

func (p *production) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
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
