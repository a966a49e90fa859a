package main

import (
	"context"
	"errors"
	"io"
	"log"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/redis/go-redis/v9"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

const (
	// How many entries are asked for before it is known how large they are.
	firstEntries = 100
	// How long Redis is asked to wait for an entry: a reader that is closed holds its connection that long.
	blockFor = time.Second
	// How long a Redis that can't be reached is left alone, the first time and at most.
	firstBackoff, maxBackoff = 100 * time.Millisecond, 5 * time.Second
)

// reader reads a stream in the order of its ids. Entries and what Redis knows of the stream come together, so that none can go missing
// in between.
type reader struct {
	source  *source
	split   *pipeline.Split
	want    pipeline.Projection
	columns []column
	schema  *arrow.Schema

	at      int64 // the offset of the next entry
	begun   bool
	end     int64 // the offset after the last entry to read; -1: there is none
	gauge   gauge
	size    int // bytes of an entry, on average; 0: not known yet
	backoff time.Duration
}

func newReader(s *source, split *pipeline.Split, from int64, want pipeline.Projection) *reader {
	r := &reader{source: s, split: split, want: want, at: from, end: -1, gauge: newGauge(s, split, from)}
	fields := []arrow.Field{{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64}}
	for _, f := range want.Columns {
		c := s.columns[slices.IndexFunc(s.columns, func(c column) bool { return c.field.Name == f.Name })] // winnow knows the layout
		r.columns, fields = append(r.columns, c), append(fields, c.field)
	}
	r.schema = arrow.NewSchema(fields, nil)
	return r
}

// Next reads the next entries. Where there are none, it waits for them, also for a Redis that is away; with an end it does neither.
func (r *reader) Next(ctx context.Context) (*pipeline.Batch, error) {
	for {
		b, err := r.read(ctx)
		switch {
		case err != nil:
		case b != nil:
			r.reached()
			return b, nil
		case r.end >= 0:
			return nil, io.EOF
		default:
			r.reached()
			err = r.wait(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err == nil:
		case r.end >= 0 || fault.FateOf(err) != fault.Transient:
			return nil, err
		default:
			r.hold(ctx, err)
		}
	}
}

// reached notes that Redis answers, and tells where it had not.
func (r *reader) reached() {
	if r.backoff > 0 {
		log.Printf("stream %s: Redis answers again", r.split.ID)
	}
	r.backoff = 0
}

// hold leaves Redis alone for a while, longer each time, and tells so the first time.
func (r *reader) hold(ctx context.Context, why error) {
	if r.backoff == 0 {
		log.Printf("stream %s: %v; trying again", r.split.ID, why)
	}
	r.backoff = min(max(2*r.backoff, firstBackoff), maxBackoff)
	select {
	case <-ctx.Done():
	case <-time.After(r.backoff):
	}
}

// wait returns when there may be an entry, at the latest after a while, or when ctx is over.
func (r *reader) wait(ctx context.Context) error {
	block := blockFor
	if deadline, ok := ctx.Deadline(); ok {
		block = max(min(block, time.Until(deadline)), time.Millisecond) // 0 would be for ever
	}
	err := r.source.client.XRead(context.WithoutCancel(ctx), &redis.XReadArgs{
		Streams: []string{r.split.ID, idOf(max(r.at-1, 0))}, Count: 1, Block: block,
	}).Err()
	if errors.Is(err, redis.Nil) {
		return nil
	}
	return coded(err)
}

// begin passes over what comes before the beginning, so that winnow keeps where that is; nil where nothing does.
func (r *reader) begin(ctx context.Context) (*pipeline.Batch, error) {
	if r.begun || r.at > 0 || r.source.start == 0 {
		return nil, nil
	}
	at, err := r.source.begin(ctx, r.split.ID)
	if err != nil {
		return nil, err
	}
	r.at, r.begun = max(at, 1), true // no id is 0-0
	return &pipeline.Batch{Split: r.split, Next: pipeline.Position{Offset: r.at, Byte: -1}}, nil
}

// read reads entries that are there; nil where there are none. It is not cut off when ctx is over: what takes long would only begin
// anew.
func (r *reader) read(ctx context.Context) (*pipeline.Batch, error) {
	ctx = context.WithoutCancel(ctx)
	if b, err := r.begin(ctx); b != nil || err != nil {
		return b, err
	}
	if r.end >= 0 && r.at >= r.end {
		return nil, nil
	}
	if err := r.gauge.begin(ctx); err != nil {
		return nil, err
	}
	limit := r.limit()
	var (
		found *redis.XMessageSliceCmd
		info  *redis.XInfoStreamCmd
	)
	_, err := r.source.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		found = p.XRangeN(ctx, r.split.ID, idOf(r.at), "+", int64(limit))
		info = p.XInfoStream(ctx, r.split.ID)
		info.SetFirstKeyPos(2)
		return nil
	})
	switch {
	case found.Err() != nil:
		return nil, coded(found.Err())
	case missing(info.Err()):
		return nil, r.gauge.vanished()
	case info.Err() != nil:
		return nil, coded(info.Err())
	case err != nil:
		return nil, coded(err)
	}
	entries := found.Val()
	if err := r.gauge.look(r.at, info.Val(), len(entries), limit); err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, nil
	}
	return r.batch(entries)
}

// limit is how many entries are asked for.
func (r *reader) limit() int {
	limit := firstEntries
	if r.size > 0 {
		limit = max(r.want.Bytes/r.size, 1)
	}
	return min(limit, max(r.want.Rows, 1))
}

// batch is a batch of the first of these entries: of those before the end, and of as many bytes as are wanted.
func (r *reader) batch(entries []redis.XMessage) (*pipeline.Batch, error) {
	build := array.NewRecordBuilder(r.want.Alloc, r.schema)
	defer build.Release()
	b := &pipeline.Batch{Split: r.split, First: r.at}
	rows, size := 0, 0
	var faults []pipeline.RowFault
	for _, e := range entries {
		offset, err := offsetOf(e.ID)
		if err != nil {
			return nil, fault.New(fault.PluginFailed, "an entry of the stream %s: %w", r.split.ID, err)
		}
		if r.end >= 0 && offset >= r.end || rows > 0 && size >= r.want.Bytes {
			break
		}
		of, bad := r.append(build, offset, &e)
		if bad != nil {
			faults = append(faults, pipeline.RowFault{Row: rows, Err: bad})
		}
		rows, size, r.at = rows+1, size+of, offset+1
	}
	if rows == 0 {
		return nil, nil
	}
	r.size = max(size/rows, 1)
	r.gauge.read(r.at, rows)
	b.Record, b.Next = build.NewRecordBatch(), pipeline.Position{Offset: r.at, Byte: -1}
	b.Time = timeOf(r.at - 1)
	for _, f := range faults {
		b.Kill(f.Row, f.Err)
	}
	return b, nil
}

// append appends an entry, and returns its size and what is wrong with it. What can't be told of it is null.
func (r *reader) append(build *array.RecordBuilder, offset int64, e *redis.XMessage) (size int, bad *fault.Error) {
	for key, value := range e.Values {
		size += len(key) + len(value.(string)) // Redis has no other values
	}
	if size > r.want.MaxRecord {
		bad = fault.New(fault.RecordTooLarge, "the entry %s has %d bytes, and at most %d are taken", e.ID, size, r.want.MaxRecord)
	}
	build.Field(0).(*array.Int64Builder).Append(offset)
	for i, c := range r.columns {
		to := build.Field(i + 1)
		value, there := e.Values[c.key].(string)
		if c.key == "" {
			value, there = e.ID, true
		}
		switch {
		case bad != nil && bad.Code == fault.RecordTooLarge && c.key != "", !there:
			to.AppendNull()
		default:
			if err := c.append(to, value); err != nil {
				to.AppendNull()
				bad = fault.New(err.Code, "the entry %s: %s: %s", e.ID, c.field.Name, err.What)
			}
		}
	}
	return size, bad
}

// Ahead is how many entries are there that were not read; -1 where that is not known.
func (r *reader) Ahead() int64 { return r.gauge.ahead() }

// Close has nothing to free.
func (r *reader) Close() error { return nil }
