package pipeline_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// wholeSink takes dead rows, too, and remembers which those were, by their offsets.
type wholeSink struct {
	*pipelinetest.MemSink
	dead []string
}

func (*wholeSink) TakesDead() bool { return true }

func (s *wholeSink) Write(ctx context.Context, b *pipeline.Batch) error {
	for _, f := range b.Faults {
		s.dead = append(s.dead, fmt.Sprintf("%d %s", b.Offsets()[f.Row], f.Err.Code.ID))
	}
	return s.MemSink.Write(ctx, b)
}

// TestRunGivesDeadRows: a sink that asks for dead rows gets every row in its place, also where a batch has dead ones alone.
// They count as dead once, and go to the dead letters.
func TestRunGivesDeadRows(t *testing.T) {
	for _, rows := range []int{1, 7} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, 1, 10)
			r.cfg.BatchRows, r.cfg.Workers, r.cfg.MaxErrorRate = rows, 1, 1
			r.cfg.Stages = append(r.cfg.Stages, killStage{})
			sink := &wholeSink{MemSink: r.sink}
			r.cfg.Sinks[0].Sink = sink
			s, err := r.run(t)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(r.source.IDs(0), ids(t, r.sink.Store, "id")); diff != "" {
				t.Error(diff)
			}
			if want := (pipeline.Counts{Read: 10, Delivered: 9, Dead: 1}); s.Counts != want || s.Sinks["out"] != 9 {
				t.Errorf("counts %+v, sinks %v", s.Counts, s.Sinks)
			}
			if !slices.Equal(sink.dead, []string{"3 record.utf8"}) || len(r.dead.Store.Lines()) != 1 {
				t.Errorf("dead: %v, dead letters: %v", sink.dead, r.dead.Store.Lines())
			}
		})
	}
}
