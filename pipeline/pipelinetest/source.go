package pipelinetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"go.uber.org/goleak"

	"github.com/winnow-stream/winnow/pipeline"
)

// SourceCase is a source with known content, for the conformance suite of sources.
type SourceCase struct {
	// New returns a new source over the same content. It is called many times.
	New func(t testing.TB) pipeline.Source
	// Want are the records in input order, each as one JSON object of its columns as Line writes it: the columns of
	// Layout.Schema in their order. Bad records are left out. Nil: whatever the first reading gives.
	Want []string
	// Bad are the codes of the records that can't be read, in input order.
	Bad []string
	// MaxRecord is the largest record in bytes; default 16 MiB.
	MaxRecord int
	// Close is called at the end of each subtest.
	Close func()
}

// Source runs the conformance suite of sources: every one passes it.
func Source(t *testing.T, c SourceCase) {
	t.Helper()
	s := &sourceSuite{c: c}
	s.reference(t)
	if t.Failed() {
		return
	}
	for _, test := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"layout and splits are stable", s.stable},
		{"batches of any size hold the same records", s.batchSizes},
		{"batches are contiguous", s.contiguous},
		{"resume at every position", s.resume},
		{"columns are projected", s.projection},
		{"raw records are kept", s.raw},
		{"close anywhere", s.closeAnywhere},
		{"cancel", s.cancel},
		{"splits are read at the same time", s.concurrent},
	} {
		t.Run(test.name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			if c.Close != nil {
				defer c.Close()
			}
			test.run(t)
		})
	}
}

type sourceSuite struct {
	c    SourceCase
	want []gotRow // over all splits, in order
}

// gotRow is one record as it was read.
type gotRow struct {
	split  string
	offset int64
	line   string // "" for a bad one
	code   string // of a bad one
}

func (g gotRow) String() string {
	return fmt.Sprintf("%s@%d %s%s", g.split, g.offset, strings.TrimSpace(g.line), g.code)
}

// opened is a source that was looked at.
type opened struct {
	source pipeline.Source
	layout *pipeline.Layout
	splits []*pipeline.Split
	alloc  *memory.CheckedAllocator
	want   pipeline.Projection
}

func (s *sourceSuite) open(t testing.TB) *opened {
	t.Helper()
	o := &opened{source: s.c.New(t), alloc: memory.NewCheckedAllocator(memory.NewGoAllocator())}
	var err error
	if o.layout, err = o.source.Layout(t.Context()); err != nil {
		t.Fatalf("layout: %v", err)
	}
	if o.splits, err = o.source.Splits(t.Context()); err != nil {
		t.Fatalf("splits: %v", err)
	}
	o.want = pipeline.Projection{
		Columns: o.layout.Schema.Fields(), Rows: 7, Bytes: 4 << 20, MaxRecord: s.c.MaxRecord, Alloc: o.alloc,
	}
	if o.want.MaxRecord == 0 {
		o.want.MaxRecord = 16 << 20
	}
	t.Cleanup(func() { o.alloc.AssertSize(t, 0) })
	return o
}

// read reads a split from a position to its end; see is called with each batch.
func (o *opened) read(t testing.TB, split *pipeline.Split, from pipeline.Position, see func(*pipeline.Batch)) []gotRow {
	t.Helper()
	rows, err := o.tryRead(t.Context(), split, from, see)
	if err != nil {
		t.Fatalf("read %s from %+v: %v", split.ID, from, err)
	}
	return rows
}

func (o *opened) tryRead(ctx context.Context, split *pipeline.Split, from pipeline.Position, see func(*pipeline.Batch)) (rows []gotRow, err error) {
	r, err := o.source.Open(ctx, split, from, o.want)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		if err := o.decode(ctx, b); err != nil {
			return rows, err
		}
		if see != nil {
			see(b)
		}
		rows = append(rows, rowsOf(b)...)
		release(b)
	}
}

func (o *opened) decode(ctx context.Context, b *pipeline.Batch) error {
	d, ok := o.source.(pipeline.Decoder)
	if !ok || b.Record == nil {
		return nil
	}
	if err := d.Decode(ctx, b, o.want); err != nil {
		release(b)
		return fmt.Errorf("decode: %w", err)
	}
	return nil
}

func release(b *pipeline.Batch) {
	if b.Record != nil {
		b.Record.Release()
		b.Record = nil
	}
}

func rowsOf(b *pipeline.Batch) []gotRow {
	var rows []gotRow
	codes := map[int]string{}
	for _, f := range b.Faults {
		codes[f.Row] = f.Err.Code.ID
	}
	for i := range b.Len() {
		row := gotRow{split: b.Split.ID, offset: b.Offsets()[i], code: codes[i]}
		if row.code == "" {
			row.line = string(Line(b, i))
		}
		rows = append(rows, row)
	}
	return rows
}

func start(split *pipeline.Split) pipeline.Position {
	return pipeline.Position{Offset: split.Start, Byte: -1}
}

// reference reads everything once and compares it with what the case wants.
func (s *sourceSuite) reference(t *testing.T) {
	t.Helper()
	o := s.open(t)
	var lines, bad []string
	for _, split := range o.splits {
		for _, row := range o.read(t, split, start(split), nil) {
			s.want = append(s.want, row)
			if row.code != "" {
				bad = append(bad, row.code)
			} else {
				lines = append(lines, strings.TrimSpace(row.line))
			}
		}
	}
	if s.c.Want != nil {
		if err := DiffLines([]byte(strings.Join(s.c.Want, "\n")), []byte(strings.Join(lines, "\n"))); err != nil {
			t.Errorf("records: %v", err)
		}
	}
	if !slices.Equal(bad, s.c.Bad) {
		t.Errorf("bad records %q, want %q", bad, s.c.Bad)
	}
}

// wantFrom are the reference's records of a split from an offset on.
func (s *sourceSuite) wantFrom(split *pipeline.Split, offset int64) []gotRow {
	var rows []gotRow
	for _, row := range s.want {
		if row.split == split.ID && row.offset >= offset {
			rows = append(rows, row)
		}
	}
	return rows
}

func same(t testing.TB, what string, want, got []gotRow) bool {
	t.Helper()
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(got):
			t.Errorf("%s: the records end before %v", what, want[i])
		case i >= len(want):
			t.Errorf("%s: unexpected record %v", what, got[i])
		case want[i] != got[i]:
			t.Errorf("%s: record %d is\n  %v\nwant\n  %v", what, i, got[i], want[i])
		default:
			continue
		}
		return false
	}
	return true
}

func (s *sourceSuite) stable(t *testing.T) {
	a, b := s.open(t), s.open(t)
	if !a.layout.Schema.Equal(b.layout.Schema) || a.layout.Format != b.layout.Format || a.layout.Raw != b.layout.Raw {
		t.Errorf("layouts differ: %+v, %+v", a.layout, b.layout)
	}
	if len(a.splits) != len(b.splits) {
		t.Fatalf("%d splits, then %d", len(a.splits), len(b.splits))
	}
	seen := map[string]bool{}
	for i, split := range a.splits {
		if *split != *b.splits[i] {
			t.Errorf("split %d was %+v, then %+v", i, *split, *b.splits[i])
		}
		if seen[split.ID] || split.ID == "" {
			t.Errorf("split ID %q is not unique", split.ID)
		}
		seen[split.ID] = true
		if split.End >= 0 && split.End < split.Start {
			t.Errorf("split %+v ends before it begins", *split)
		}
	}
}

func (s *sourceSuite) batchSizes(t *testing.T) {
	for _, limits := range []struct{ rows, bytes int }{{1, 4 << 20}, {2, 4 << 20}, {7, 4 << 20}, {4096, 4 << 20}, {4096, 64}, {4096, 1}} {
		o := s.open(t)
		o.want.Rows, o.want.Bytes = limits.rows, limits.bytes
		var rows []gotRow
		for _, split := range o.splits {
			rows = append(rows, o.read(t, split, start(split), func(b *pipeline.Batch) {
				if b.Len() > limits.rows {
					t.Errorf("a batch of %d rows, at most %d were asked for", b.Len(), limits.rows)
				}
			})...)
		}
		same(t, fmt.Sprintf("batches of %d rows and %d bytes", limits.rows, limits.bytes), s.want, rows)
	}
}

func (s *sourceSuite) contiguous(t *testing.T) {
	for _, rows := range []int{1, 7, 4096} {
		o := s.open(t)
		o.want.Rows = rows
		for _, split := range o.splits {
			at := start(split)
			o.read(t, split, at, func(b *pipeline.Batch) {
				checkBatch(t, split, at, b)
				at = b.Next
			})
			if split.End >= 0 && at.Offset > split.End {
				t.Errorf("%s ends at offset %d, beyond its end %d", split.ID, at.Offset, split.End)
			}
		}
	}
}

func checkBatch(t testing.TB, split *pipeline.Split, at pipeline.Position, b *pipeline.Batch) {
	t.Helper()
	if b.Split != split {
		t.Errorf("a batch of split %v came from %s", b.Split, split.ID)
	}
	if b.First != at.Offset || b.Next.Offset < b.First {
		t.Errorf("%s: batch [%d, %d) follows offset %d", split.ID, b.First, b.Next.Offset, at.Offset)
	}
	if b.Next.Read < at.Read || at.Byte >= 0 && b.Next.Byte >= 0 && b.Next.Byte < at.Byte {
		t.Errorf("%s: positions go back from %+v to %+v", split.ID, at, b.Next)
	}
	if b.Len() == 0 && b.Next.Offset == b.First {
		t.Errorf("%s: an empty batch at offset %d moves nothing", split.ID, b.First)
	}
	if b.Record != nil && b.Record.ColumnName(0) != pipeline.ColOffset {
		t.Fatalf("%s: the first column is %s", split.ID, b.Record.ColumnName(0))
	}
	last := b.First - 1
	for i := range b.Len() {
		if o := b.Offsets()[i]; o <= last || o >= b.Next.Offset {
			t.Errorf("%s: offset %d after %d in batch [%d, %d)", split.ID, o, last, b.First, b.Next.Offset)
		}
		last = b.Offsets()[i]
	}
	for _, f := range b.Faults {
		if f.Row < 0 || f.Row >= b.Len() || f.Err == nil || b.Live(f.Row) {
			t.Errorf("%s: fault %+v of a row that lives or is not there", split.ID, f)
		}
	}
}

// resume reads the rest from every position between two batches, by offset and by the byte as well.
func (s *sourceSuite) resume(t *testing.T) {
	for _, rows := range []int{1, 3} {
		o := s.open(t)
		o.want.Rows = rows
		for _, split := range o.splits {
			positions := []pipeline.Position{start(split)}
			o.read(t, split, positions[0], func(b *pipeline.Batch) { positions = append(positions, b.Next) })
			for _, p := range sample(positions, 60) {
				if !s.resumeAt(t, o, split, p) {
					return
				}
			}
		}
	}
}

func (s *sourceSuite) resumeAt(t *testing.T, o *opened, split *pipeline.Split, p pipeline.Position) bool {
	t.Helper()
	for _, at := range []pipeline.Position{p, {Offset: p.Offset, Byte: -1}} {
		first := true
		got := o.read(t, split, at, func(b *pipeline.Batch) {
			if first && b.First != at.Offset {
				t.Errorf("%s: opened at offset %d, the first batch begins at %d", split.ID, at.Offset, b.First)
			}
			first = false
		})
		if !same(t, fmt.Sprintf("%s from %+v", split.ID, at), s.wantFrom(split, at.Offset), got) {
			return false
		}
	}
	return true
}

// sample keeps at most n elements, the first and the last ones among them.
func sample[T any](all []T, n int) []T {
	if len(all) <= n {
		return all
	}
	some := slices.Clone(all[:n/3])
	for i := range n / 3 {
		some = append(some, all[n/3+i*(len(all)-2*n/3)/(n/3)])
	}
	return append(some, all[len(all)-n/3:]...)
}

func (s *sourceSuite) projection(t *testing.T) {
	o := s.open(t)
	fields := o.layout.Schema.Fields()
	projections := [][]arrow.Field{nil, fields}
	for i := range fields {
		projections = append(projections, fields[i:i+1])
	}
	if n := len(fields); n > 1 {
		projections = append(projections, []arrow.Field{fields[n-1], fields[0]})
	}
	for _, columns := range projections {
		o.want.Columns = columns
		at := 0
		for _, split := range o.splits {
			got := o.read(t, split, start(split), func(b *pipeline.Batch) {
				for _, f := range columns {
					if b.Record != nil && b.Column(f.Name) == nil {
						t.Fatalf("column %s was asked for and is not there", f.Name)
					}
				}
				if b.Record != nil && int(b.Record.NumCols()) != len(columns)+1 {
					t.Fatalf("%d columns, %d were asked for: %s", b.Record.NumCols(), len(columns), b.Record.Schema())
				}
			})
			at += len(got)
		}
		if at != len(s.want) && len(s.c.Bad) == 0 {
			t.Errorf("%d records with %d columns, %d with all", at, len(columns), len(s.want))
		}
	}
}

func (s *sourceSuite) raw(t *testing.T) {
	o := s.open(t)
	if o.layout.Raw == pipeline.RawNone {
		return
	}
	o.want.Raw = true
	for _, split := range o.splits {
		got := o.read(t, split, start(split), func(b *pipeline.Batch) {
			for i := range b.Len() {
				if b.Live(i) && b.Raw(i) == nil {
					t.Errorf("%s: the record at offset %d has no bytes", split.ID, b.Offsets()[i])
				}
			}
		})
		same(t, split.ID+" with raw", s.wantFrom(split, split.Start), got)
	}
}

func (s *sourceSuite) closeAnywhere(t *testing.T) {
	o := s.open(t)
	o.want.Rows = 3
	for _, split := range o.splits {
		for stop := range 5 {
			r, err := o.source.Open(t.Context(), split, start(split), o.want)
			if err != nil {
				t.Fatal(err)
			}
			for range stop {
				b, err := r.Next(t.Context())
				if err != nil {
					break
				}
				release(b)
			}
			if err := r.Close(); err != nil {
				t.Errorf("close after %d batches: %v", stop, err)
			}
		}
	}
}

// cancel: a reader whose context has ended returns soon, with its error or, where it had everything, with its records.
func (s *sourceSuite) cancel(t *testing.T) {
	o := s.open(t)
	o.want.Rows = 1
	for _, split := range o.splits {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			rows, err := o.tryRead(ctx, split, start(split), func(*pipeline.Batch) { cancel() })
			if err == nil && len(rows) != len(s.wantFrom(split, split.Start)) {
				err = fmt.Errorf("%d records without an error", len(rows))
			} else {
				err = nil
			}
			done <- err
		}()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("%s: a cancelled reader gave %v", split.ID, err)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: the reader goes on 10 s after it was cancelled", split.ID)
		}
		cancel()
	}
}

// concurrent opens all splits at the same time, several times over, and decodes their batches at the same time.
func (s *sourceSuite) concurrent(t *testing.T) {
	o := s.open(t)
	var wg sync.WaitGroup
	for _, split := range sample(o.splits, 8) {
		for range 3 {
			wg.Go(func() {
				got, err := o.tryRead(t.Context(), split, start(split), nil)
				if err != nil {
					t.Errorf("read %s: %v", split.ID, err)
					return
				}
				same(t, split.ID, s.wantFrom(split, split.Start), got)
			})
		}
	}
	wg.Wait()
	if len(o.splits) > 0 {
		s.decodeAtOnce(t, o)
	}
}

func (s *sourceSuite) decodeAtOnce(t *testing.T, o *opened) {
	d, ok := o.source.(pipeline.Decoder)
	if !ok {
		return
	}
	r, err := o.source.Open(t.Context(), o.splits[0], start(o.splits[0]), o.want)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 20 {
		b, err := r.Next(t.Context())
		if err != nil {
			break
		}
		if b.Record == nil {
			continue
		}
		wg.Go(func() {
			defer release(b)
			if err := d.Decode(t.Context(), b, o.want); err != nil {
				t.Errorf("decode: %v", err)
			}
			if _, ok := b.Record.Column(0).(*array.Int64); !ok {
				t.Errorf("after decode the first column is %s", b.Record.Schema().Field(0))
			}
		})
	}
	wg.Wait()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
