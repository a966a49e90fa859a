package pipeline_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// However little memory there is, every split comes through: readers that are ahead of their turn must not hold what
// the one whose turn it is waits for.
func TestMemoryNeverStalls(t *testing.T) {
	for _, memory := range []int64{1, 100, 10_000, 50_000, 200_000} {
		for _, size := range []int{1, 2000, 20_000, 100_000} {
			for _, workers := range []int{1, 2, 8} {
				t.Run(fmt.Sprintf("%d bytes, batches of %d, %d workers", memory, size, workers), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						r := newRig(t, 10, 30)
						r.cfg.Memory, r.cfg.BatchSize, r.cfg.Workers = memory, size, workers
						r.classifier.Script = pipelinetest.Slow("classify", time.Millisecond)
						s, err := r.run(t)
						if err != nil {
							t.Fatal(err)
						}
						r.judge(t, s)
						if s.Memory != 0 {
							t.Errorf("%d bytes are still in flight", s.Memory)
						}
					})
				})
			}
		}
	}
}

// A sink that stands still stops the reading, within the memory that is allowed.
func TestMemoryIsBounded(t *testing.T) {
	const memory = 500_000
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 8, 1000)
		r.cfg.Memory, r.cfg.BatchSize, r.cfg.BatchRows, r.cfg.Workers = memory, 10_000, 100, 4
		text := strings.Repeat("a long text ", 20)
		r.source.Text = func(int, int64) *string { return &text }
		r.sink.Script = pipelinetest.Slow("write", time.Second)
		var p *pipeline.Pipeline
		var most atomic.Int64
		done := make(chan struct{})
		go func() {
			for {
				select {
				case <-time.After(100 * time.Millisecond):
					most.Store(max(most.Load(), p.Status().Memory))
				case <-done:
					return
				}
			}
		}()
		s, err := r.runContext(t.Context(), t, func(started *pipeline.Pipeline) { p = started })
		close(done)
		if err != nil {
			t.Fatal(err)
		}
		r.judge(t, s)
		// A batch may turn out larger than what was reserved for it: with 8 splits open that is what may be above.
		if m := most.Load(); m < memory/4 || m > memory+8*2*40_000 {
			t.Errorf("%d bytes were in flight, allowed are %d", m, memory)
		}
	})
}

func TestDrain(t *testing.T) {
	for _, after := range []time.Duration{0, 1, 10 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond} {
		t.Run(after.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 3, 100)
				r.source.Bad = everyNth(20)
				r.cfg.Commit.Records = 1 << 30
				r.classifier.Script = pipelinetest.Slow("classify", 10*time.Millisecond)
				s, err := r.runContext(t.Context(), t, func(p *pipeline.Pipeline) {
					if after == 0 {
						p.Drain()
					}
					time.AfterFunc(after, p.Drain)
					time.AfterFunc(after, p.Drain)
				})
				e := wantCode(t, err, fault.RunInterrupted)
				if s.Phase != pipeline.Stopped || s.Committed != s.Counts || fault.ExitOf(err) != 130 || e.Remedy() != fault.RunInterrupted.Fix {
					t.Errorf("phase %s, committed %+v of %+v, %v", s.Phase, s.Committed, s.Counts, err)
				}
				if want := fmt.Sprintf("run.interrupted: stopped after %d records, all of them committed (%d delivered, %d rejected, 0 dropped)",
					s.Committed.Read, s.Committed.Delivered, s.Committed.Dead); e.Error() != want {
					t.Errorf("error %q, want %q", e, want)
				}
				if got := int64(len(r.sink.Store.Lines())); got != s.Counts.Delivered {
					t.Errorf("%d lines of %d are final", got, s.Counts.Delivered)
				}
				r.again()
				s, err = r.run(t)
				if err != nil {
					t.Fatal(err)
				}
				r.judge(t, s)
			})
		})
	}
}

func TestDrainTakesTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, 100)
		r.cfg.ShutdownTimeout = 5 * time.Second
		r.classifier.Script = pipelinetest.Slow("classify", time.Hour)
		begun := time.Now()
		s, err := r.runContext(t.Context(), t, func(p *pipeline.Pipeline) { time.AfterFunc(time.Second, p.Drain) })
		if e := wantCode(t, err, fault.RunInterrupted); !strings.HasPrefix(e.What, "stopped when the shutdown timeout was over: ") {
			t.Errorf("error %q", e.What)
		}
		if d := time.Since(begun); d != 6*time.Second || s.Phase != pipeline.Stopped {
			t.Errorf("stopped after %s in phase %s", d, s.Phase)
		}
		r.again()
		if s, err = r.run(t); err != nil {
			t.Fatal(err)
		}
		r.judge(t, s)
	})
}

func TestCancelStopsAtOnce(t *testing.T) {
	for _, where := range []string{"layout", "splits", "next", "process", "classify", "open", "write", "prepare", "commit", "seal"} {
		t.Run(where, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 2, 100)
				hang := pipelinetest.Slow(where, time.Hour)
				r.source.Script, r.classifier.Script, r.sink.Script = hang, hang, hang
				r.cfg.Stages[0].(*pipelinetest.TextStage).Script = hang
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, cancel)
				begun := time.Now()
				s, err := r.runContext(ctx, t, nil)
				wantCode(t, err, fault.RunInterrupted)
				if d := time.Since(begun); d != time.Second || s.Phase != pipeline.Stopped {
					t.Errorf("stopped after %s in phase %s", d, s.Phase)
				}
				r.again()
				r.cfg.Stages[0].(*pipelinetest.TextStage).Script = nil
				if s, err = r.run(t); err != nil {
					t.Fatal(err)
				}
				r.judge(t, s)
			})
		})
	}
}

func TestInterruptedWithoutStateSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, 100)
		r.cfg.State = ""
		r.classifier.Script = pipelinetest.Slow("classify", time.Second)
		_, err := r.runContext(t.Context(), t, func(p *pipeline.Pipeline) { time.AfterFunc(3*time.Second, p.Drain) })
		e := wantCode(t, err, fault.RunInterrupted)
		if want := "nothing was kept to continue from: run the command again from the start"; e.Remedy() != want {
			t.Errorf("remedy %q", e.Remedy())
		}
	})
}

// An epoch ends after so many records or so much time, whichever comes first.
func TestCommitCadence(t *testing.T) {
	commits := func(r *rig) (n int) {
		for _, c := range r.sink.Calls() {
			if c.Kind == "commit" {
				n++
			}
		}
		return n
	}
	synctest.Test(t, func(t *testing.T) { // by records: every 5 batches of 7 and before the seal
		r := newRig(t, 1, 700)
		r.cfg.Commit = pipeline.CommitCadence{Records: 35, Interval: time.Hour}
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		if n := commits(r); n != 21 || s.Epoch != 21 {
			t.Errorf("%d commits, epoch %d", n, s.Epoch)
		}
	})
	synctest.Test(t, func(t *testing.T) { // by time: 100 batches take 100 s
		r := newRig(t, 1, 700)
		r.cfg.Workers = 1
		r.cfg.Commit = pipeline.CommitCadence{Records: 1 << 30, Interval: 10 * time.Second}
		r.classifier.Script = pipelinetest.Slow("classify", time.Second)
		if _, err := r.run(t); err != nil {
			t.Fatal(err)
		}
		if n := commits(r); n < 9 || n > 12 {
			t.Errorf("%d commits", n)
		}
	})
	synctest.Test(t, func(t *testing.T) { // nothing new, nothing committed
		r := newRig(t, 1, 70)
		r.cfg.Commit = pipeline.CommitCadence{Records: 1, Interval: time.Second}
		r.source.Script = func(_ context.Context, c pipelinetest.Call) error {
			if c.Kind == "next" && c.N == 5 {
				time.Sleep(time.Minute)
			}
			return nil
		}
		if _, err := r.run(t); err != nil {
			t.Fatal(err)
		}
		if n := commits(r); n > 12 {
			t.Errorf("%d commits of 10 batches", n)
		}
	})
}

// Counters only grow, and what is committed is never ahead of what is there.
func TestStatusWhileRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 4, 250)
		r.cfg.Workers = 1
		r.classifier.Script = pipelinetest.Slow("classify", 100*time.Millisecond)
		var p *pipeline.Pipeline
		done := make(chan struct{})
		phases := map[pipeline.Phase]bool{}
		sawETA := false
		go func() {
			var last pipeline.Status
			for {
				select {
				case <-time.After(70 * time.Millisecond):
				case <-done:
					return
				}
				s := p.Status()
				phases[s.Phase] = true
				sawETA = sawETA || s.ETA > 0 && s.Rate > 0
				if s.Counts.Read < last.Counts.Read || s.Committed.Read < last.Committed.Read ||
					s.Committed.Read > s.Counts.Read || s.Done < last.Done || s.Done > s.Size || s.Epoch < last.Epoch {
					t.Errorf("from %+v to %+v", last, s)
				}
				if n := int64(len(r.sink.Store.Lines())); n < s.Committed.Delivered {
					t.Errorf("%d rows are reported as committed, %d are there", s.Committed.Delivered, n)
				}
				last = s
			}
		}()
		s, err := r.runContext(t.Context(), t, func(started *pipeline.Pipeline) { p = started })
		close(done)
		if err != nil {
			t.Fatal(err)
		}
		if !phases[pipeline.Running] || !sawETA {
			t.Errorf("phases %v, ETA seen %v", phases, sawETA)
		}
		if s.Done != s.Size || s.Size != 1000 || s.Name != "winnow" || s.Elapsed < 14*time.Second {
			t.Errorf("done %d of %d, name %s, elapsed %s", s.Done, s.Size, s.Name, s.Elapsed)
		}
		for _, split := range s.Splits {
			if !split.Done || split.Next != 250 {
				t.Errorf("split %+v", split)
			}
		}
	})
}

func TestStatusSaysWhyItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, 100)
		r.sink.Script = pipelinetest.FailN("write", 4, errTransient)
		var p *pipeline.Pipeline
		seen := false
		time.AfterFunc(200*time.Millisecond, func() {
			s := p.Status()
			seen = s.Phase == pipeline.Retrying && s.LastError == "run.unavailable: no answer"
		})
		s, err := r.runContext(t.Context(), t, func(started *pipeline.Pipeline) { p = started })
		if err != nil || !seen || s.Phase != pipeline.Completed {
			t.Errorf("%v, seen %v, phase %s", err, seen, s.Phase)
		}
	})
}
