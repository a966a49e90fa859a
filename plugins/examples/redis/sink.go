package main

import (
	"context"
	"errors"
	"log"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/sdk"
)

// partRows is how many records a script appends at once. Redis does nothing else meanwhile: some milliseconds.
const partRows = 500

// sink appends records to a stream. Write keeps them, and Commit appends them in parts, each of which also moves on the offsets of its
// records in one step: wherever it is cut off, the offsets tell what is there.
type sink struct {
	cfg    *config
	client redis.UniversalClient

	entries *entries
	offsets *offsets
	spans   []*pipeline.Span
	rows    []row // that are not committed
}

// row is a record that is to be appended.
type row struct {
	split string
	next  int64 // the offset after it
	pairs []any // fields and values
}

var (
	_ pipeline.Sink     = (*sink)(nil)
	_ pipeline.SpanSink = (*sink)(nil)
	_ pipeline.Resumer  = (*sink)(nil)
	_ pipeline.Sealer   = (*sink)(nil)
)

// newSink makes the sink of a configuration. It touches nothing outside yet.
func newSink(_ context.Context, t sdk.Task) (sdk.Sink, error) {
	c, err := configOf(t)
	if err != nil {
		return nil, err
	}
	if c.Stream == "" {
		return nil, errors.New("a sink needs a stream")
	}
	client, err := connect(c)
	if err != nil {
		return nil, err
	}
	return &sink{cfg: c, client: client}, nil
}

// Need asks for records as they came beside their columns.
func (s *sink) Need(*pipeline.Layout) pipeline.Need { return pipeline.Need{Columns: true, Raw: true} }

// Open looks at the stream.
func (s *sink) Open(ctx context.Context, o pipeline.SinkOpen) error {
	if o.Scope == "" {
		return errors.New("this winnow does not let a sink keep offsets: take a newer one")
	}
	s.entries, s.offsets, s.rows, s.spans = newEntries(s.cfg, o.Input), newOffsets(s.cfg.Stream, o.Scope), nil, nil
	kind, err := s.client.Type(ctx, s.cfg.Stream).Result()
	if err == nil && kind != "stream" && kind != "none" {
		err = fault.New(fault.PluginFailed, "the key %s holds a %s, and no stream", s.cfg.Stream, kind)
	}
	if err != nil {
		return coded(err)
	}
	s.warn(ctx)
	return nil
}

// warn tells where Redis throws away what it keeps. One that does not say whether it does is believed.
func (s *sink) warn(ctx context.Context) {
	info, err := s.client.InfoMap(ctx, "memory").Result()
	if memory := info["Memory"]; err == nil && memory["maxmemory"] != "0" && strings.HasPrefix(memory["maxmemory_policy"], "allkeys") {
		log.Printf("Redis evicts keys when it is full (maxmemory-policy %s), and with them records, or how far it has its input: noeviction keeps them",
			memory["maxmemory_policy"])
	}
}

// Resume takes a split over.
func (s *sink) Resume(ctx context.Context, split *pipeline.Split) (int64, error) {
	next, err := s.offsets.resume(ctx, s.client, split.ID)
	return next, coded(err)
}

// Write keeps records until they are committed.
func (s *sink) Write(_ context.Context, b *pipeline.Batch) error {
	var refused []pipeline.RowFault
	for i, offset := range b.Offsets() {
		pairs, err := s.entries.entry(b, i)
		if err != nil {
			refused = append(refused, pipeline.RowFault{Row: i, Err: err})
			continue
		}
		s.rows = append(s.rows, row{split: b.Split.ID, next: offset + 1, pairs: pairs})
	}
	if len(refused) > 0 {
		return &pipeline.RowErrors{Rows: refused}
	}
	return nil
}

// Cover notes what the next Commit covers.
func (s *sink) Cover(spans []*pipeline.Span) { s.spans = spans }

// Prepare has nothing to do: Commit follows at once.
func (s *sink) Prepare(context.Context, int64) (pipeline.Receipt, error) {
	return pipeline.Receipt("{}"), nil
}

// Commit appends what was written. Where it fails, or the connection is lost over that, Resume tells how much of it came about. A part
// that follows one of its splits which failed fails, too.
func (s *sink) Commit(ctx context.Context, _ pipeline.Receipt) error {
	if len(s.rows) == 0 && len(s.spans) == 0 { // it has
		return nil
	}
	if err := s.offsets.whole(s.spans); err != nil {
		return err
	}
	parts, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for part := range slices.Chunk(s.rows, partRows) {
			s.append(ctx, p, part, nil)
		}
		s.append(ctx, p, nil, s.spans)
		return nil
	})
	for _, part := range parts {
		if part.Err() != nil {
			return coded(part.Err())
		}
	}
	if err != nil {
		return coded(err)
	}
	s.offsets.moved()
	s.rows, s.spans = nil, nil
	return nil
}

// append appends rows, and moves their splits on behind them, and others to the ends of spans.
func (s *sink) append(ctx context.Context, p redis.Pipeliner, rows []row, spans []*pipeline.Span) {
	ends := make(map[string]int64)
	for _, r := range rows {
		ends[r.split] = r.next
	}
	for _, span := range spans {
		ends[span.Split.ID] = max(ends[span.Split.ID], span.Next)
	}
	args := append(s.offsets.move(ends), s.options()...)
	for _, r := range rows {
		args = append(append(args, len(r.pairs)), r.pairs...)
	}
	p.Eval(ctx, commitScript, []string{s.cfg.Stream, s.offsets.key}, args...)
}

// options are what XADD gets before the id, and how many arguments that are.
func (s *sink) options() []any {
	switch {
	case s.cfg.Maxlen == 0:
		return []any{0}
	case s.cfg.ExactMaxlen:
		return []any{3, "MAXLEN", "=", s.cfg.Maxlen}
	default:
		return []any{3, "MAXLEN", "~", s.cfg.Maxlen}
	}
}

// Abort forgets what is not committed.
func (s *sink) Abort(context.Context) error {
	s.rows, s.spans = nil, nil
	return nil
}

// Seal forgets the offsets of a run that is over: another run begins with its input anew.
func (s *sink) Seal(ctx context.Context, _ pipeline.Receipt) error {
	return coded(s.client.Del(ctx, s.offsets.key).Err())
}

// Close ends the connections.
func (s *sink) Close() error { return s.client.Close() }
