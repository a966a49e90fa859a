package pipeline_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// partSink is a sink in memory whose epochs are parts: full at so many rows.
type partSink struct {
	*pipelinetest.MemSink
	limit int

	mu    sync.Mutex
	open  int         // guarded by mu; rows
	parts []int       // guarded by mu; rows of each committed part
	ends  []time.Time // guarded by mu
}

func (s *partSink) Write(ctx context.Context, b *pipeline.Batch) error {
	err := s.MemSink.Write(ctx, b)
	if err == nil {
		s.mu.Lock()
		s.open += b.Count()
		s.mu.Unlock()
	}
	return err
}

func (s *partSink) Full() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open >= s.limit
}

func (s *partSink) Commit(ctx context.Context, r pipeline.Receipt) error {
	err := s.MemSink.Commit(ctx, r)
	if err == nil {
		s.mu.Lock()
		s.parts, s.ends, s.open = append(s.parts, s.open), append(s.ends, time.Now()), 0
		s.mu.Unlock()
	}
	return err
}

func (s *partSink) Abort(ctx context.Context) error {
	s.mu.Lock()
	s.open = 0
	s.mu.Unlock()
	return s.MemSink.Abort(ctx)
}

// judge holds parts to their limit: each has it, and at most one batch less a row more, but for the last one.
func (s *partSink) judge(t *testing.T, batch int) {
	t.Helper()
	if len(s.parts) == 0 {
		t.Fatal("no part")
	}
	for i, rows := range s.parts {
		if rows > s.limit+batch-1 || rows < s.limit && i < len(s.parts)-1 {
			t.Errorf("part %d of %d has %d rows; the limit is %d and a batch has up to %d", i+1, len(s.parts), rows, s.limit, batch)
		}
	}
}

// A stream that allows no Next during Commit: the feed asks behind each batch.
func TestPartsOfAStream(t *testing.T) {
	for _, limit := range []int{1, 20, 33, 1000} {
		synctest.Test(t, func(t *testing.T) {
			r := newStreamRig(t, 3, 60)
			r.source.Bad = nil
			s := &partSink{MemSink: r.sink, limit: limit}
			r.cfg.Sinks[0].Sink, r.cfg.Commit.Records = s, 1_000_000
			sum, err := r.run(t)
			if err != nil {
				t.Fatal(err)
			}
			r.judgeStream(t, sum)
			s.judge(t, r.cfg.BatchRows)
			if want := 3 * 9; limit == 1 && len(s.parts) != want { // 60 rows in batches of 7, of each partition
				t.Errorf("%d parts, want one for each of %d batches", len(s.parts), want)
			}
		})
	}
}

// The dead letters' part counts as well as the others.
func TestPartsOfDeadLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newStreamRig(t, 1, 200)
		r.source.Bad = everyNth(2)
		s := &partSink{MemSink: r.dead, limit: 10}
		r.cfg.DeadLetters, r.cfg.Commit.Records, r.cfg.MaxErrorRate = s, 1_000_000, 1
		sum, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		r.judgeStream(t, sum)
		s.judge(t, r.cfg.BatchRows)
		if len(s.parts) < 8 {
			t.Errorf("%d parts of 100 dead letters", len(s.parts))
		}
	})
}

// Splits move, epochs are aborted and the source fails, while parts end by their size: each record comes out once.
func TestPartsInTrouble(t *testing.T) {
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 7))
			r := newStreamRig(t, 3, 100)
			s := &partSink{MemSink: r.sink, limit: 1 + rng.IntN(40)}
			r.cfg.Sinks[0].Sink, r.cfg.Commit.Records = s, 1+rng.Int64N(200)
			r.stream.AbortMoved = seed%2 == 0
			if seed%3 == 0 {
				r.cfg.Limit = 300
			}
			moves := 0
			r.source.Script = func(_ context.Context, c pipelinetest.Call) error {
				if c.Kind == "next" && moves < 10 && rng.IntN(4) == 0 {
					moves++
					split := rng.IntN(3)
					r.stream.Move(split, true)
					r.stream.Move(split, false)
				}
				return nil
			}
			sum, err := r.run(t)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			r.judgeStream(t, sum)
		})
	}
}

// A stream that is read while its commit runs: the writer ends the epoch behind the batch that fills the part, whatever is
// on its way already, and whatever is aborted.
func TestPartsOfAnOverlappingStream(t *testing.T) {
	const n = 400
	early := 0
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 2))
			s := newTinyStream()
			s.overlaps = true
			if seed%2 == 0 {
				s.abort = func(int) bool { return rng.IntN(3) == 0 }
			}
			var r *rig
			var parts *partSink
			sum := streamed(t, s, func(set *rig) {
				r = set
				parts = &partSink{MemSink: r.sink, limit: 1 + rng.IntN(60)}
				r.cfg.Sinks[0].Sink = parts
				r.cfg.BatchRows, r.cfg.Workers, r.cfg.Commit.Records = 1+rng.IntN(20), 4, 1_000_000
				if seed%5 == 0 {
					r.cfg.Commit.Records = int64(1 + rng.IntN(60))
				}
				if seed%7 == 0 {
					r.cfg.Limit = n
				}
			}, func(*rig, *pipeline.Pipeline) { s.put(n) })
			if sum.Counts.Read != n || sum.Counts.Delivered != n || s.committed != n {
				t.Fatalf("seed %d: %+v, committed to %d", seed, sum.Counts, s.committed)
			}
			lines := r.sink.Store.Lines()
			for i, line := range lines {
				if want := fmt.Sprintf(`"id":"%d"`, i); !strings.Contains(line, want) {
					t.Fatalf("seed %d: line %d is %s", seed, i, line)
				}
			}
			if len(lines) != n {
				t.Fatalf("seed %d: %d lines", seed, len(lines))
			}
			if seed%5 != 0 {
				parts.judge(t, r.cfg.BatchRows)
				early += len(parts.parts)
			}
		})
	}
	if early < 200 {
		t.Errorf("%d parts", early)
	}
}

// The interval closes what does not fill up. It counts from the epoch's beginning, also where a full part was that.
func TestPartsThatDontFillUp(t *testing.T) {
	for _, overlaps := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			s := newTinyStream()
			s.overlaps = overlaps
			var parts *partSink
			begun := time.Now()
			streamed(t, s, func(r *rig) {
				parts = &partSink{MemSink: r.sink, limit: 10}
				r.cfg.Sinks[0].Sink = parts
				r.cfg.BatchRows, r.cfg.Commit = 5, pipeline.CommitCadence{Records: 1_000_000, Interval: time.Minute}
			}, func(*rig, *pipeline.Pipeline) {
				time.Sleep(40 * time.Second)
				s.put(10)
				time.Sleep(10 * time.Second)
				s.put(3)
				time.Sleep(60 * time.Second)
				s.put(1)
			})
			var at []int
			for _, end := range parts.ends {
				at = append(at, int(end.Sub(begun).Seconds()))
			}
			if !slices.Equal(parts.parts, []int{10, 3, 1}) || !slices.Equal(at, []int{40, 100, 110}) {
				t.Errorf("overlaps %v: parts of %v rows at %v s", overlaps, parts.parts, at)
			}
		})
	}
}

// Records that were in parts that are closed don't count for the epoch's limit of records.
func TestPartsAndRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTinyStream()
		s.overlaps = true
		var parts *partSink
		streamed(t, s, func(r *rig) {
			parts = &partSink{MemSink: r.sink, limit: 30}
			r.cfg.Sinks[0].Sink = parts
			r.cfg.BatchRows, r.cfg.Workers, r.cfg.Commit = 10, 1, pipeline.CommitCadence{Records: 40, Interval: time.Hour}
		}, func(*rig, *pipeline.Pipeline) {
			for range 12 {
				s.put(10)
				synctest.Wait()
			}
		})
		if !slices.Equal(parts.parts, []int{30, 30, 30, 30}) {
			t.Errorf("parts of %v rows", parts.parts)
		}
	})
}
