package pipeline_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// lost is the error of a sink that has lost what it took since the last commit.
func lost(code *fault.Code) error {
	return &pipeline.EpochError{Err: fault.New(code, "the sink died")}
}

// TestLostEpochIsReadAgain has a sink lose what it took, now in a write, now in a prepare: the run goes back to its
// last commit, and each record comes out once.
func TestLostEpochIsReadAgain(t *testing.T) {
	for _, kind := range []string{"write", "prepare"} {
		for _, n := range []int{2, 5} {
			for _, of := range []string{"out", "dead"} {
				t.Run(fmt.Sprintf("%s %d of %s", kind, n, of), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						r := newRig(t, 3, 100)
						r.source.Bad = everyNth(9)
						sink := map[string]*pipelinetest.MemSink{"out": r.sink, "dead": r.dead}[of]
						sink.After = pipelinetest.FailNth(kind, n, lost(fault.PluginUnavailable))
						s, err := r.run(t)
						if err != nil {
							t.Fatal(err)
						}
						r.judge(t, s)
						if s.Aborted != 1 {
							t.Errorf("%d epochs were aborted", s.Aborted)
						}
					})
				})
			}
		}
	}
}

// TestLostEpochEndsTheRun where going back is no way out: the error is not transient, it comes for ever, or the input can't be
// read again.
func TestLostEpochEndsTheRun(t *testing.T) {
	for name, c := range map[string]struct {
		script pipelinetest.Script
		once   bool
		want   *fault.Code
	}{
		"for good": {pipelinetest.FailNth("write", 3, lost(fault.PluginCrashed)), false, fault.PluginCrashed},
		"for ever": {pipelinetest.FailN("write", 1<<30, lost(fault.PluginUnavailable)), false, fault.PluginUnavailable},
		"once":     {pipelinetest.FailNth("write", 3, lost(fault.PluginUnavailable)), true, fault.PluginUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 1, 100)
				r.source.Once, r.sink.Script = c.once, c.script
				_, err := r.run(t)
				wantCode(t, err, c.want)
			})
		})
	}
}

// TestSpansOfARun tells a sink that asks for it which offsets each commit of a bounded run covers: they tile the splits.
func TestSpansOfARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 3, 100)
		sink := &spanSink{MemSink: r.sink, next: map[string]int64{}}
		r.cfg.Sinks = []pipeline.NamedSink{{Name: "out", Sink: sink}}
		r.sink.After = pipelinetest.FailNth("prepare", 3, lost(fault.PluginUnavailable))
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		r.judge(t, s)
		for i := range 3 {
			if got := sink.next[r.source.SplitID(i)]; got != 100 {
				t.Errorf("split %d is covered up to %d", i, got)
			}
		}
		if sink.gaps != "" {
			t.Error(sink.gaps)
		}
	})
}

// spanSink follows what its commits cover.
type spanSink struct {
	*pipelinetest.MemSink
	covered []*pipeline.Span
	next    map[string]int64
	gaps    string
}

func (s *spanSink) Cover(spans []*pipeline.Span) { s.covered = spans }

func (s *spanSink) Commit(ctx context.Context, r pipeline.Receipt) error {
	if err := s.MemSink.Commit(ctx, r); err != nil {
		return err
	}
	for _, span := range s.covered {
		if span.First != s.next[span.Split.ID] {
			s.gaps += fmt.Sprintf("[%d, %d) follows %d\n", span.First, span.Next, s.next[span.Split.ID])
		}
		s.next[span.Split.ID] = span.Next
	}
	return nil
}
