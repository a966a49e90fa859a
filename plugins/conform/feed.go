package conform

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/plugins/host"
)

// What a source without an end promises, beside Starts, AnySize, Resumes, Projects, SplitsOnce and Ends.
const (
	Follows      Promise = "reads what there is, and ends no split that has no end"
	Waits        Promise = "tells within 15 seconds that nothing has come"
	Acknowledges Promise = "is told what is done, twice over, and reads on behind it"
	GoesOn       Promise = "goes on behind what is done after it is started again"
)

const (
	// maxFollowed is how many records of a split without an end are looked at.
	maxFollowed = 1000
	// patience is how long a plugin may be silent: the SDKs tell every 5 seconds that nothing has come.
	patience = 15 * time.Second
)

// errSilent is that neither records have come nor word that there are none.
var errSilent = fmt.Errorf("it was silent for %v", patience)

// follow reads records until there are so many, or none for now, and the offsets behind their batches.
func follow(ctx context.Context, r pipeline.Reader, most int) (lines []string, ends []int64, err error) {
	for len(lines) < most {
		limited, cancel := context.WithTimeout(ctx, patience)
		b, err := r.Next(limited)
		cancel()
		switch {
		case errors.Is(err, io.EOF):
			return lines, ends, io.EOF
		case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
			return lines, ends, errSilent
		case err != nil:
			return nil, nil, err
		case b.Next.Offset == b.First:
			return lines, ends, nil
		}
		lines, ends = append(lines, linesOf(b)...), append(ends, b.Next.Offset)
		if b.Record != nil {
			b.Record.Release()
		}
	}
	return lines[:most], ends, nil
}

// follow reads what there is for the first time.
func (s *source) follow(ctx context.Context, report func(Result)) error {
	s.want = make([][]string, len(s.splits))
	var silent []error
	for i, split := range s.splits {
		lines, err := s.first(ctx, split)
		switch {
		case errors.Is(err, errSilent):
			silent = append(silent, fmt.Errorf("split %s: %w", split.ID, err))
		case errors.Is(err, io.EOF) && split.End < 0:
			err = fmt.Errorf("it ended after %d records, rather than wait for more", len(lines))
			fallthrough
		case err != nil && !errors.Is(err, io.EOF):
			err = fmt.Errorf("split %s: %w", split.ID, err)
			report(Result{Follows, err})
			return err
		}
		s.want[i] = lines
	}
	report(Result{Follows, nil})
	report(Result{Waits, errors.Join(silent...)})
	return nil
}

// first reads a split from its beginning.
func (s *source) first(ctx context.Context, split *pipeline.Split) ([]string, error) {
	r, err := s.Open(ctx, split, pipeline.Position{Offset: split.Start, Byte: -1}, s.projection(maxFollowed))
	if err != nil {
		return nil, err
	}
	lines, _, err := follow(ctx, r, maxFollowed)
	return lines, errors.Join(err, r.Close())
}

// acknowledges tells the plugin that about half of what was read is done, and has the rest read as before.
func (s *source) acknowledges(ctx context.Context) (err error) {
	s.done, s.rest = make(map[string]int64), make([][]string, len(s.splits))
	for i, split := range s.splits {
		_, ends, err := s.read(ctx, i, split.Start, s.projection(3))
		if err != nil {
			return err
		}
		if len(ends) == 0 {
			continue
		}
		at := ends[len(ends)/2]
		if s.rest[i], _, err = s.read(ctx, i, at, s.projection(1000)); err != nil {
			return err
		}
		s.done[split.ID] = at
	}
	for range 2 {
		if err := s.Acknowledge(ctx, s.done); err != nil {
			return err
		}
	}
	return s.readsOn(ctx)
}

// readsOn reads what is not done yet.
func (s *source) readsOn(ctx context.Context) error {
	for i, split := range s.splits {
		at, ok := s.done[split.ID]
		if !ok {
			continue
		}
		got, _, err := s.read(ctx, i, at, s.projection(1000))
		if err == nil {
			err = s.alike(i, s.rest[i], got)
		}
		if err != nil {
			return fmt.Errorf("from offset %d: %w", at, err)
		}
	}
	return nil
}

// goesOn looks at another process of the plugin. Its splits may come in another order, and with others.
func (s *source) goesOn(ctx context.Context, other *host.Source) error {
	a := &source{Source: other, want: s.want, done: s.done, rest: s.rest}
	if err := a.look(ctx); err != nil {
		return err
	}
	for i, split := range s.splits {
		at := slices.IndexFunc(a.splits, func(o *pipeline.Split) bool { return o.ID == split.ID })
		if at < 0 {
			return fmt.Errorf("the split %s is not there any more", split.ID)
		}
		a.splits[i], a.splits[at] = a.splits[at], a.splits[i]
	}
	return a.readsOn(ctx)
}
