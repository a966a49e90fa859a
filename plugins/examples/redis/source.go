package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/redis/go-redis/v9"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/sdk"
)

// source reads streams. Each is a split, and an entry's offset its id. Reading takes no part in consumer groups: which entries come
// next is winnow's to say, also when it goes back.
type source struct {
	cfg     *config
	client  redis.UniversalClient
	columns []column
	start   int64 // the offset that streams are begun at; -1: at their end
	counts  *counts

	mu   sync.Mutex
	ends map[string]int64 // guarded by mu; by stream, where it has an end
}

var _ pipeline.Source = (*source)(nil)

// newSource makes the source of a configuration. It touches nothing outside yet.
func newSource(_ context.Context, t sdk.Task) (pipeline.Source, error) {
	c, err := configOf(t)
	switch {
	case err != nil:
		return nil, err
	case len(c.Streams) == 0:
		return nil, errors.New("a source needs streams")
	case len(c.Fields) == 0:
		return nil, errors.New("a source needs fields: those of entries that it reads")
	}
	s := &source{cfg: c, ends: make(map[string]int64), counts: newCounts()}
	if s.columns, err = columnsOf(c); err != nil {
		return nil, err
	}
	switch c.Start {
	case "", earliest:
	case latest:
		s.start = -1
	default:
		if s.start, err = offsetOf(c.Start); err != nil {
			return nil, fmt.Errorf("start: %w; write earliest, latest, or an entry's id", err)
		}
	}
	if c.Until != "" && c.Until != latest {
		if _, err := offsetOf(c.Until); err != nil {
			return nil, fmt.Errorf("until: %w; write latest, or an entry's id", err)
		}
	}
	if s.client, err = connect(c); err != nil {
		return nil, err
	}
	if c.Until == "" {
		return &follower{source: s}, nil
	}
	if c.Group != "" {
		return nil, errors.New("group is for streams without an end, and until gives them one")
	}
	return s, nil
}

// Layout says the columns. It asks Redis for nothing: a process that is started while that is away waits for it as others do.
func (s *source) Layout(context.Context) (*pipeline.Layout, error) {
	fields := make([]arrow.Field, len(s.columns))
	for i, c := range s.columns {
		fields[i] = c.field
	}
	return &pipeline.Layout{Format: "redis", Schema: arrow.NewSchema(fields, nil), Replayable: true}, nil
}

// Splits lists the streams. Where one is begun is no part of it: with a start at the end that would be elsewhere after each restart.
func (s *source) Splits(ctx context.Context) ([]*pipeline.Split, error) {
	splits := make([]*pipeline.Split, 0, len(s.cfg.Streams))
	for _, stream := range s.cfg.Streams {
		if s.bounded() {
			if _, err := s.end(ctx, stream); err != nil {
				return nil, fmt.Errorf("stream %s: %w", stream, err)
			}
		}
		splits = append(splits, &pipeline.Split{ID: stream, File: stream, End: -1})
	}
	return splits, nil
}

func (s *source) bounded() bool { return s.cfg.Until != "" }

// begin is the offset that a stream is begun at.
func (s *source) begin(ctx context.Context, stream string) (int64, error) {
	if s.start >= 0 {
		return s.start, nil
	}
	return s.behind(ctx, stream)
}

// end is the offset after a stream's last entry, where it has an end: the same for as long as the process lives.
func (s *source) end(ctx context.Context, stream string) (end int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if end, ok := s.ends[stream]; ok {
		return end, nil
	}
	switch end, err = s.behind(ctx, stream); {
	case err != nil:
		return 0, err
	case end == 0:
		return 0, errors.New("there is no such key, or nothing was ever added to it")
	case s.cfg.Until != latest:
		until, err := offsetOf(s.cfg.Until)
		if err != nil {
			return 0, err
		}
		end = min(end, until+1)
	}
	s.ends[stream] = end
	return end, nil
}

// behind is the offset after the last entry that a stream ever had; 0 where there was none.
func (s *source) behind(ctx context.Context, stream string) (int64, error) {
	info := s.client.XInfoStream(ctx, stream)
	if missing(info.Err()) {
		return 0, nil
	}
	if err := info.Err(); err != nil {
		return 0, coded(err)
	}
	last, err := offsetOf(info.Val().LastGeneratedID)
	if err != nil || last == 0 {
		return 0, err
	}
	return last + 1, nil
}

// Open reads a stream from an offset on.
func (s *source) Open(ctx context.Context, split *pipeline.Split, from pipeline.Position, want pipeline.Projection) (pipeline.Reader, error) {
	if !slices.Contains(s.cfg.Streams, split.ID) {
		return nil, fault.New(fault.PluginFailed, "the stream %s is none of %s", split.ID, strings.Join(s.cfg.Streams, ", "))
	}
	r := newReader(s, split, from.Offset, want)
	if s.bounded() {
		var err error
		if r.end, err = s.end(ctx, split.ID); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// follower is a source whose streams have no end.
type follower struct {
	*source
	group group
}

// Acknowledge has the consumer group show what is done, where one is kept.
func (f *follower) Acknowledge(ctx context.Context, done map[string]int64) error {
	var errs []error
	for stream, next := range done {
		read := f.counts.done(stream, next)
		if f.cfg.Group != "" {
			errs = append(errs, f.group.move(ctx, f.client, stream, f.cfg.Group, next, read))
		}
	}
	return errors.Join(errs...)
}
