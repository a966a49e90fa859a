package conform

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"golang.org/x/sync/errgroup"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/plugins/host"
)

// What a source promises, beside Starts and Ends. Follows, Waits and the like take the place of Reads and Again in one without an end.
const (
	Reads      Promise = "reads every split to its end"
	AnySize    Promise = "has the same records in batches of any size"
	Resumes    Promise = "reads on from wherever a batch ended"
	Projects   Promise = "sends the columns that are asked for alone"
	SplitsOnce Promise = "reads several splits at once"
	Again      Promise = "has the same splits and records after it is started again"
)

// maxResumes is from how many positions of a split reading on is tried.
const maxResumes = 20

// Source checks every promise of a source and reports each as it is known. Where the plugin does not start, nothing more is
// known. It reads the whole input several times: give it a small one. Of one without an end it reads what is there, and acknowledges
// that: nothing else may come or be read meanwhile.
func Source(ctx context.Context, h *host.Host, cfg host.SourceConfig, report func(Result)) {
	s := &source{Source: h.Source(cfg)}
	err := s.look(ctx)
	report(Result{Starts, err})
	if err != nil {
		return
	}
	if s.unbounded {
		err = s.follow(ctx, report)
	} else {
		s.want, err = s.readAll(ctx, s.projection(1000))
		report(Result{Reads, err})
	}
	if err == nil {
		for _, check := range []struct {
			promise Promise
			f       func(context.Context) error
		}{{AnySize, s.anySize}, {Resumes, s.resumes}, {Projects, s.projects}, {SplitsOnce, s.atOnce}} {
			report(Result{check.promise, check.f(ctx)})
		}
		if s.unbounded {
			report(Result{Acknowledges, s.acknowledges(ctx)})
			report(Result{GoesOn, s.goesOn(ctx, h.Source(cfg))})
		} else {
			report(Result{Again, s.again(ctx, h.Source(cfg))})
		}
	}
	report(Result{Ends, s.Close()})
}

// source is a plugin under test, with the records that it has, one line each, by split.
type source struct {
	*host.Source
	unbounded bool
	layout    *pipeline.Layout
	splits    []*pipeline.Split
	want      [][]string
	done      map[string]int64 // acknowledged
	rest      [][]string       // from there on, by split
}

func (s *source) look(ctx context.Context) (err error) {
	if s.unbounded, err = s.Unbounded(ctx); err != nil {
		return err
	}
	if s.layout, err = s.Layout(ctx); err == nil {
		s.splits, err = s.Splits(ctx)
	}
	return err
}

func (s *source) projection(rows int) pipeline.Projection {
	return pipeline.Projection{
		Columns: s.layout.Schema.Fields(), Rows: rows, Bytes: 4 << 20, MaxRecord: 16 << 20, Alloc: memory.DefaultAllocator,
	}
}

// readAll reads the records of every split.
func (s *source) readAll(ctx context.Context, want pipeline.Projection) (records [][]string, err error) {
	for i, split := range s.splits {
		lines, _, err := s.read(ctx, i, split.Start, want)
		if err != nil {
			return nil, fmt.Errorf("split %s: %w", split.ID, err)
		}
		records = append(records, lines)
	}
	return records, nil
}

// read reads a split from an offset on: its records, and the offsets behind its batches. One without an end it reads as far as its
// records are known.
func (s *source) read(ctx context.Context, split int, from int64, want pipeline.Projection) (lines []string, ends []int64, err error) {
	r, err := s.Open(ctx, s.splits[split], pipeline.Position{Offset: from, Byte: -1}, want)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if s.unbounded {
		lines, ends, err = follow(ctx, r, len(s.want[split])-s.below(split, from))
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return lines, ends, err
	}
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return lines, ends, nil
		}
		if err != nil {
			return nil, nil, err
		}
		lines, ends = append(lines, linesOf(b)...), append(ends, b.Next.Offset)
		if b.Record != nil {
			b.Record.Release()
		}
	}
}

// linesOf writes a batch's records, the offset first; of one that failed, its code.
func linesOf(b *pipeline.Batch) []string {
	lines := make([]string, b.Len())
	for i := range lines {
		var line strings.Builder
		fmt.Fprint(&line, b.Offsets()[i])
		for c := 1; b.Live(i) && c < int(b.Record.NumCols()); c++ {
			fmt.Fprintf(&line, " %s", b.Record.Column(c).ValueStr(i))
		}
		lines[i] = line.String()
	}
	for _, f := range b.Faults {
		lines[f.Row] += " " + f.Err.Code.ID
	}
	return lines
}

// same compares the records of a split from an offset on with those of the first reading.
func (s *source) same(split int, got []string, skip int) error {
	return s.alike(split, s.want[split][skip:], got)
}

// alike compares records of a split with those that it had.
func (s *source) alike(split int, want, got []string) error {
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(got):
			return fmt.Errorf("split %s: there are %d records, and were %d", s.splits[split].ID, len(got), len(want))
		case i >= len(want) || got[i] != want[i]:
			return fmt.Errorf("split %s: the record %.60q was not there, or another one was", s.splits[split].ID, got[i])
		}
	}
	return nil
}

func (s *source) anySize(ctx context.Context) error {
	for _, rows := range []int{1, 7} {
		got, err := s.readAll(ctx, s.projection(rows))
		if err != nil {
			return err
		}
		for i := range got {
			if err := s.same(i, got[i], 0); err != nil {
				return fmt.Errorf("in batches of %d rows: %w", rows, err)
			}
		}
	}
	return nil
}

func (s *source) resumes(ctx context.Context) error {
	for i, split := range s.splits {
		_, ends, err := s.read(ctx, i, split.Start, s.projection(3))
		if err != nil {
			return err
		}
		for _, at := range ends[:min(len(ends), maxResumes)] {
			got, _, err := s.read(ctx, i, at, s.projection(1000))
			if err == nil {
				err = s.same(i, got, s.below(i, at))
			}
			if err != nil {
				return fmt.Errorf("from offset %d: %w", at, err)
			}
		}
	}
	return nil
}

// below is how many records of a split come before an offset.
func (s *source) below(split int, offset int64) (n int) {
	for n < len(s.want[split]) && before(s.want[split][n], offset) {
		n++
	}
	return n
}

// before tells whether a record's line is of an offset below another.
func before(line string, offset int64) bool {
	var o int64
	_, err := fmt.Sscan(line, &o)
	return err == nil && o < offset
}

func (s *source) projects(ctx context.Context) error {
	for _, f := range s.layout.Schema.Fields() {
		want := s.projection(1000)
		want.Columns = append(want.Columns[:0:0], f)
		got, err := s.readAll(ctx, want)
		if err != nil {
			return fmt.Errorf("the column %s alone: %w", f.Name, err)
		}
		for i := range got {
			if len(got[i]) != len(s.want[i]) {
				return fmt.Errorf("the column %s alone has %d records, all of them together %d", f.Name, len(got[i]), len(s.want[i]))
			}
		}
	}
	return nil
}

func (s *source) atOnce(ctx context.Context) error {
	var g errgroup.Group
	for i, split := range s.splits {
		for range 2 {
			g.Go(func() error {
				got, _, err := s.read(ctx, i, split.Start, s.projection(1000))
				if err != nil {
					return err
				}
				return s.same(i, got, 0)
			})
		}
	}
	return g.Wait()
}

// again looks at another process of the plugin.
func (s *source) again(ctx context.Context, other *host.Source) error {
	a := &source{Source: other, want: s.want}
	if err := a.look(ctx); err != nil {
		return err
	}
	if len(a.splits) != len(s.splits) {
		return fmt.Errorf("there are %d splits, and were %d", len(a.splits), len(s.splits))
	}
	for i := range a.splits {
		if *a.splits[i] != *s.splits[i] {
			return fmt.Errorf("the split %d is %+v, and was %+v", i, *a.splits[i], *s.splits[i])
		}
	}
	got, err := a.readAll(ctx, a.projection(1000))
	for i := range got {
		err = errors.Join(err, a.same(i, got[i], 0))
	}
	return err
}
