package pipeline_test

import (
	"context"
	"maps"
	"testing"
	"testing/synctest"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// keeper is a sink that keeps how far it has each split.
type keeper struct {
	*pipelinetest.MemSink
	covered []*pipeline.Span
	next    map[string]int64
}

func (s *keeper) Cover(spans []*pipeline.Span) { s.covered = spans }

func (s *keeper) Prepare(ctx context.Context, epoch int64) (pipeline.Receipt, error) {
	r, err := s.MemSink.Prepare(ctx, epoch)
	for _, span := range s.covered {
		if err == nil {
			s.next[span.Split.ID] = span.Next
		}
	}
	return r, err
}

func (s *keeper) Resume(_ context.Context, split *pipeline.Split) (int64, error) {
	if next, ok := s.next[split.ID]; ok {
		return next, nil
	}
	return -1, nil
}

// TestKept begins a run again whose sink keeps offsets, and holds that to what the run has committed.
func TestKept(t *testing.T) {
	for name, c := range map[string]struct {
		lose func(next map[string]int64)
		want *fault.Code
	}{
		"nothing is lost": {lose: func(map[string]int64) {}},
		"emptied":         {lose: func(next map[string]int64) { clear(next) }, want: fault.OutputGone},
		"an older copy": {want: fault.OutputGone, lose: func(next map[string]int64) {
			for split := range next {
				next[split] -= 7
			}
		}},
		"a split is gone": {want: fault.OutputGone, lose: func(next map[string]int64) {
			maps.DeleteFunc(next, func(_ string, n int64) bool { return n < 100 })
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 3, 100)
				sink := &keeper{MemSink: r.sink, next: make(map[string]int64)}
				r.cfg.Sinks[0].Sink = sink
				r.sink.Script = pipelinetest.FailNth("write", 30, fault.New(fault.OutputWrite, "no"))
				if _, err := r.run(t); !fault.Is(err, fault.OutputWrite) {
					t.Fatal(err)
				}
				c.lose(sink.next)
				r.sink = &pipelinetest.MemSink{Store: r.sink.Store}
				r.dead = &pipelinetest.MemSink{Store: r.dead.Store}
				r.cfg.Sinks[0].Sink, r.cfg.DeadLetters = &keeper{MemSink: r.sink, next: sink.next}, r.dead
				s, err := r.run(t)
				if c.want != nil {
					wantCode(t, err, c.want)
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				r.judge(t, s)
			})
		})
	}
}
