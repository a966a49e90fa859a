package pipeline_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// A split with records that don't come is stalled after the timeout, and well again when they do. A quiet one is not.
func TestStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTinyStream()
		streamed(t, s, nil, func(r *rig, p *pipeline.Pipeline) {
			stalled := func(want bool) {
				t.Helper()
				if st := p.Status(); st.StalledSince.IsZero() == want || want && (len(st.Stalled) != 1 || st.Stalled[0] != "t/0") {
					t.Errorf("after %s: stalled since %s: %v, want %v", time.Since(st.Started), st.StalledSince, st.Stalled, want)
				}
			}
			s.put(1) // where a split stands is known when something has come
			time.Sleep(time.Hour)
			stalled(false)
			hide(s, 5)
			begun := time.Now()
			time.Sleep(50 * time.Second)
			stalled(false)
			time.Sleep(20 * time.Second)
			stalled(true)
			if since := p.Status().StalledSince.Sub(begun); since < 0 || since > 10*time.Second {
				t.Errorf("stalled since %s after it began", since)
			}
			s.put(1) // progress, though it still lags
			time.Sleep(10 * time.Second)
			stalled(false)
			time.Sleep(time.Minute)
			stalled(true)
			hide(s, 0)
			time.Sleep(10 * time.Second)
			stalled(false)
		})
	})
}

func hide(s *tinyStream, n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hidden = n
}

// An epoch that is taken back counts as aborted, and what is committed never goes back.
func TestAbortedEpochs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTinyStream()
		s.abort = func(commit int) bool { return commit <= 5 }
		sum := streamed(t, s, nil, func(r *rig, p *pipeline.Pipeline) {
			s.put(20)
			time.Sleep(3500 * time.Millisecond)
			if st := p.Status(); st.Aborted != 3 || st.Committed.Read != 0 || st.CommittedTally.Labels[0].Count != 0 {
				t.Errorf("%d aborted, %+v, %+v", st.Aborted, st.Committed, st.CommittedTally)
			}
		})
		if sum.Counts.Delivered != 20 || sum.Aborted != 5 || sum.Commits == 0 || sum.Committed != sum.Counts {
			t.Errorf("%+v, %d aborted, %d commits", sum.Counts, sum.Aborted, sum.Commits)
		}
	})
}

// The status of a stream tells how far its splits are, in records and in time, and how it holds its place.
func TestStatusOfAStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTinyStream()
		s.fail = func(n int) error {
			if n == 5 {
				return fault.New(fault.RunConnect, "%w", errors.New("the broker is gone"))
			}
			return nil
		}
		sum := streamed(t, s, nil, func(r *rig, p *pipeline.Pipeline) {
			for range 30 {
				s.put(10)
				time.Sleep(100 * time.Millisecond)
			}
			hide(s, 3)
			time.Sleep(1500 * time.Millisecond)
			st := p.Status()
			if !st.Stream || !st.Member || st.Phase != pipeline.Running || st.Rejoins != 1 || st.LastError == "" {
				t.Errorf("member %v, %s, %d rejoins, last error %q", st.Member, st.Phase, st.Rejoins, st.LastError)
			}
			split := st.Splits[0]
			if split.Next != 300 || split.Lag != 3 || !split.Watermark.Equal(madeAt(299)) || split.Rate < 50 || split.Rate > 150 {
				t.Errorf("%+v", split)
			}
			if n := st.CommitTimes.Count(); n == 0 || n != st.Commits || st.LastCommit.IsZero() || st.ClassifyTimes.Count() < 30 {
				t.Errorf("%d commits, %d timed, last %s, %d classified", st.Commits, n, st.LastCommit, st.ClassifyTimes.Count())
			}
			time.Sleep(time.Minute)
			if rate := p.Status().Rate; rate != 0 {
				t.Errorf("a rate of %v when nothing comes", rate)
			}
			hide(s, 0)
		})
		if sum.Committed != sum.Counts || sum.Counts.Read != 300 {
			t.Errorf("%+v of %+v", sum.Committed, sum.Counts)
		}
	})
}
