package main

import (
	"cmp"
	"context"
	"errors"

	"github.com/redis/go-redis/v9"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/sdk"
)

// partRows is how many records a script appends at once.
const partRows = 500

// sink appends records to a stream. Write keeps them, and Commit appends them in one transaction, which also moves on the offsets that
// it covers.
type sink struct {
	cfg    *config
	client redis.UniversalClient

	entries *entries
	offsets *offsets
	spans   []*pipeline.Span
	rows    [][]any // that are not committed
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
	return coded(err)
}

// Resume takes a split over.
func (s *sink) Resume(ctx context.Context, split *pipeline.Split) (int64, error) {
	next, err := s.offsets.resume(ctx, s.client, split.ID)
	return next, coded(err)
}

// Write keeps records until they are committed.
func (s *sink) Write(_ context.Context, b *pipeline.Batch) error {
	var refused []pipeline.RowFault
	for row := range b.Len() {
		r, err := s.entries.entry(b, row)
		if err != nil {
			refused = append(refused, pipeline.RowFault{Row: row, Err: err})
			continue
		}
		s.rows = append(s.rows, r)
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

// Commit appends what was written. Where the connection is lost over that, Resume tells whether it came about.
func (s *sink) Commit(ctx context.Context, _ pipeline.Receipt) error {
	if len(s.rows) == 0 && len(s.spans) == 0 { // it has
		return nil
	}
	head, err := s.offsets.moves(s.spans)
	if err != nil {
		return err
	}
	head = append(head, s.options()...)
	parts, err := s.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		for from := 0; ; from += partRows {
			to := min(from+partRows, len(s.rows))
			last := "0"
			if to == len(s.rows) {
				last = "1"
			}
			args := append([]any{last}, head...)
			for _, r := range s.rows[from:to] {
				args = append(append(args, len(r)), r...)
			}
			p.Eval(ctx, commitScript, []string{s.cfg.Stream, s.offsets.key}, args...)
			if to == len(s.rows) {
				return nil
			}
		}
	})
	if err != nil {
		return coded(cmp.Or(parts[0].Err(), err)) // what keeps a part out says more than that it does
	}
	s.offsets.moved(s.spans)
	s.rows, s.spans = nil, nil
	return nil
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
