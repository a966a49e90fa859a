package pipeline_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// witness is a tracer that counts what it was told of, by how it ended.
type witness struct {
	t         *testing.T
	held      map[string]pipeline.Counts // by split, of the epoch that has not ended
	committed pipeline.Counts
	void      pipeline.Counts
	failed    []error
	ends      []pipeline.EpochEnd
	sinks     map[string]int
}

func newWitness(t *testing.T) *witness {
	return &witness{t: t, held: make(map[string]pipeline.Counts), sinks: make(map[string]int)}
}

func (w *witness) Batch(b *pipeline.Batch, way *pipeline.Way, err error) {
	if err != nil {
		w.failed = append(w.failed, err)
		return
	}
	times := []time.Time{way.Read, way.Begun, way.Decoded, way.Classified, way.Encoded, way.Turn, way.Written}
	if b.Len() == 0 { // nothing was classified
		times = slices.Delete(times, 3, 4)
	}
	if slices.ContainsFunc(times, time.Time.IsZero) || !slices.IsSortedFunc(times, time.Time.Compare) || way.Bytes <= 0 {
		w.t.Errorf("a way of %+v", way)
	}
	c := w.held[b.Split.ID]
	for row := range b.Len() {
		c.Read++
		fate := pipeline.Live
		if b.Fates != nil {
			fate = b.Fates[row]
		}
		switch fate {
		case pipeline.Dead:
			c.Dead++
		case pipeline.Dropped:
			c.Dropped++
		default:
			c.Delivered++
			w.sinks[b.Sink(row)]++
		}
	}
	w.held[b.Split.ID] = c
}

func (w *witness) Epoch(e pipeline.EpochEnd) {
	for split, c := range w.held {
		to := &w.void
		if e.Committed && !slices.ContainsFunc(e.Void, func(s *pipeline.Split) bool { return s.ID == split }) {
			to = &w.committed
		}
		to.Read += c.Read
		to.Delivered += c.Delivered
		to.Dead += c.Dead
		to.Dropped += c.Dropped
	}
	if e.Committed && (e.Begun.IsZero() || e.Ended.Before(e.Begun)) {
		w.t.Errorf("an epoch of %+v", e)
	}
	clear(w.held)
	w.ends = append(w.ends, e)
}

// judge holds what stands against the run's own counts.
func (w *witness) judge(s *pipeline.Summary) {
	w.t.Helper()
	want := s.Counts
	want.Blank = 0
	if w.committed != want || len(w.held) > 0 {
		w.t.Errorf("the tracer was told of %+v, and the counts are %+v; %v are left", w.committed, want, w.held)
	}
}

func TestTracedEpochs(t *testing.T) {
	passing := fault.New(fault.KafkaUnreachable, "no broker")
	for name, c := range map[string]struct {
		set  func(s *tinyStream, r *rig)
		void bool
	}{
		"committed":            {func(*tinyStream, *rig) {}, false},
		"aborted":              {func(s *tinyStream, _ *rig) { s.abort = func(n int) bool { return n == 1 } }, true},
		"aborted, overlapping": {func(s *tinyStream, _ *rig) { s.overlaps, s.abort = true, func(n int) bool { return n == 1 } }, true},
		"a sink's commit that fails behind the decision": {func(_ *tinyStream, r *rig) {
			r.cfg.RetryBudget = time.Nanosecond
			r.sink.Script = pipelinetest.FailNth("commit", 1, passing)
		}, false},
		"a write that fails": {func(_ *tinyStream, r *rig) {
			r.sink.Script = pipelinetest.FailNth("write", 2, &pipeline.EpochError{Err: passing})
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newTinyStream()
				w := newWitness(t)
				sum := streamed(t, s, func(r *rig) {
					r.cfg.Tracer = w
					c.set(s, r)
				}, func(*rig, *pipeline.Pipeline) {
					for range 3 {
						s.put(20)
						time.Sleep(10 * time.Second)
						synctest.Wait()
					}
				})
				w.judge(sum)
				if (w.void.Read > 0) != c.void || w.sinks["out"] != int(w.committed.Delivered+w.void.Delivered) {
					t.Errorf("void: %+v; by sink: %v", w.void, w.sinks)
				}
			})
		})
	}
}

// A batch that fails is told of with its error, and its epoch as aborted.
func TestTracedFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, 60)
		w := newWitness(t)
		r.cfg.Tracer = w
		r.sink.Script = pipelinetest.FailNth("write", 3, errFatal)
		_, err := r.run(t)
		wantCode(t, err, fault.OutputWrite)
		if len(w.failed) != 1 || !fault.Is(w.failed[0], fault.OutputWrite) || w.void.Read != 14 || w.committed.Read != 0 {
			t.Errorf("failed: %v; void: %+v; committed: %+v", w.failed, w.void, w.committed)
		}
		r.again()
		sum, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		w.judge(sum)
	})
}
