package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidwall/gjson"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

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
		p.cl.Produce(context.WithoutCancel(ctx), r, func(r *kgo.Record, err error) { p.answer(r, err, where) })
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
