package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// streamRig is a rig over a stream.
type streamRig struct {
	*rig
	stream  *pipelinetest.MemStream
	witness *witness
}

func newStreamRig(t *testing.T, partitions, records int) streamRig {
	t.Helper()
	r := streamRig{newRig(t, partitions, records), pipelinetest.NewMemStream(partitions, records), newWitness(t)}
	r.source = r.stream.MemSource
	r.source.Bad = everyNth(10)
	r.cfg.Source, r.cfg.State, r.cfg.Tracer = r.stream, "", r.witness
	return r
}

// judgeStream compares what came out with what went in, and the counters with both.
func (r streamRig) judgeStream(t *testing.T, s *pipeline.Summary) {
	t.Helper()
	l := pipelinetest.NewLedger()
	l.InSource(r.source)
	l.Out("out", ids(t, r.sink.Store, "id")...)
	l.Dead(ids(t, r.dead.Store, "record.id")...)
	if err := errors.Join(l.Check(), l.CheckCounts(s.Counts)); err != nil {
		t.Error(err)
	}
	if s.Phase != pipeline.Completed || s.Committed != s.Counts {
		t.Errorf("phase %s, committed %+v of %+v", s.Phase, s.Committed, s.Counts)
	}
	r.witness.judge(s)
	if s.Sinks["out"] != s.Counts.Delivered {
		t.Errorf("%d rows in the sink's counter, delivered %d", s.Sinks["out"], s.Counts.Delivered)
	}
	var labelled int64
	for _, label := range s.Tally.Labels {
		labelled += label.Count
	}
	if labelled+s.Tally.Null != s.Counts.Delivered {
		t.Errorf("%d labels and %d nulls of %d rows", labelled, s.Tally.Null, s.Counts.Delivered)
	}
}

func TestStreamBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newStreamRig(t, 3, 60)
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		r.judgeStream(t, s)
		for i := range 3 {
			if at := r.stream.Committed(i); at != 60 {
				t.Errorf("partition %d is committed to %d", i, at)
			}
		}
	})
}

// Splits come and go at any moment, in the orderly way and with aborts: every record has one outcome, and the counters
// hold no record of an aborted epoch.
func TestStreamMoves(t *testing.T) {
	aborts := 0
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 3))
			r := newStreamRig(t, 3, 100)
			r.stream.AbortMoved = seed%2 == 0
			r.cfg.Commit.Records = 1 + rng.Int64N(80)
			moves := 0
			r.source.Script = func(_ context.Context, c pipelinetest.Call) error {
				if c.Kind == "next" && moves < 20 && rng.IntN(4) == 0 {
					moves++
					r.stream.Move(rng.IntN(3), rng.IntN(2) == 0)
				}
				return nil
			}
			r.stream.Follow, r.cfg.Limit = true, 300
			done := make(chan struct{})
			defer close(done)
			go func() { // sooner or later all of them are here
				for {
					select {
					case <-time.After(time.Minute):
					case <-done:
						return
					}
					for i := range 3 {
						r.stream.Move(i, false)
					}
				}
			}()
			s, err := r.run(t)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			r.judgeStream(t, s)
			_, n := r.stream.Commits()
			aborts += n
		})
	}
	if aborts < 20 {
		t.Errorf("%d epochs were aborted", aborts)
	}
}

// The source, the stages and the sinks fail in ways that pass: the stream goes back and joins again.
func TestStreamComesBack(t *testing.T) {
	passing := fault.New(fault.KafkaUnreachable, "no broker")
	for name, fail := range map[string]func(r streamRig){
		"join": func(r streamRig) { r.source.Script = pipelinetest.FailN("join", 3, passing) },
		"next": func(r streamRig) { r.source.Script = pipelinetest.FailNth("next", 9, passing) },
		"next, cut off": func(r streamRig) { // no end of the stream
			r.source.Script = pipelinetest.FailNth("next", 9, fault.New(fault.KafkaUnreachable, "cut off: %w", io.EOF))
		},
		"next later": func(r streamRig) { r.source.Script = pipelinetest.FailNth("next", 20, passing) },
		"commit":     func(r streamRig) { r.source.Script = pipelinetest.FailNth("commit", 2, passing) },
		"prepare":    func(r streamRig) { r.sink.Script = pipelinetest.FailNth("prepare", 2, passing) },
		"write": func(r streamRig) {
			r.sink.Script = pipelinetest.FailNth("write", 9, &pipeline.EpochError{Err: passing})
		},
		"prepare of the dead letters": func(r streamRig) { r.dead.Script = pipelinetest.FailNth("prepare", 2, passing) },
		"sink commit":                 func(r streamRig) { r.sink.Script = pipelinetest.FailNth("commit", 2, passing) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newStreamRig(t, 2, 100)
				fail(r)
				s, err := r.run(t)
				if err != nil {
					t.Fatal(err)
				}
				r.judgeStream(t, s)
			})
		})
	}
}

func TestStreamLimit(t *testing.T) {
	for _, limit := range []int64{1, 49, 50, 51, 120} {
		synctest.Test(t, func(t *testing.T) {
			r := newStreamRig(t, 2, 100)
			r.cfg.Limit, r.stream.Follow, r.stream.AbortMoved = limit, true, true
			r.source.Bad = nil
			r.source.Script = func(_ context.Context, c pipelinetest.Call) error {
				if c.Kind == "next" && c.N == 5 {
					r.stream.Move(1, true)
					r.stream.Move(1, false)
				}
				return nil
			}
			s, err := r.run(t)
			if err != nil {
				t.Fatal(err)
			}
			got := len(ids(t, r.sink.Store, "id")) + len(ids(t, r.dead.Store, "record.id"))
			if !s.Limited || s.Counts.Read != limit || int64(got) != limit {
				t.Errorf("limit %d: limited %v, read %d, found %d", limit, s.Limited, s.Counts.Read, got)
			}
		})
	}
}

// A drain finishes and commits what was read, also of a stream that waits for records.
func TestStreamDrain(t *testing.T) {
	for _, records := range []int{0, 30} {
		synctest.Test(t, func(t *testing.T) {
			r := newStreamRig(t, 2, records)
			r.stream.Follow = true
			s, err := r.runContext(t.Context(), t, func(p *pipeline.Pipeline) {
				go func() {
					time.Sleep(90 * time.Minute)
					r.stream.Append(0, 5)
					time.Sleep(10 * time.Millisecond)
					p.Drain()
				}()
			})
			wantCode(t, err, fault.RunInterrupted)
			if s.Phase != pipeline.Stopped || s.Committed.Read != int64(2*records+5) || s.Committed != s.Counts {
				t.Errorf("phase %s, committed %+v of %+v", s.Phase, s.Committed, s.Counts)
			}
			if at := r.stream.Committed(0); at != int64(records+5) {
				t.Errorf("committed to %d", at)
			}
		})
	}
}

func TestStreamFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newStreamRig(t, 2, 100)
		r.source.Script = pipelinetest.FailNth("next", 9, fault.New(fault.KafkaCorrupt, "checksum"))
		s, err := r.run(t)
		wantCode(t, err, fault.KafkaCorrupt)
		if s.Phase != pipeline.Failed || s.Counts != s.Committed {
			t.Errorf("phase %s, committed %+v of %+v", s.Phase, s.Committed, s.Counts)
		}
	})
}

// memLog is a Recorder in memory.
type memLog struct {
	mu      sync.Mutex
	decides bool
	ends    map[string]int64           // guarded by mu; where each split goes on
	voided  map[string][]pipeline.Span // guarded by mu
	fence   func(s *pipeline.Span) bool
	resumed []int64 // guarded by mu; what the source remembered
	records int     // guarded by mu
	fail    error   // once, after everything was recorded
}

func (l *memLog) Decides() bool { return l.decides }

func (l *memLog) Guarantee() (pipeline.Guarantee, string) { return pipeline.ExactlyOnce, "a test" }

func (l *memLog) Resume(_ context.Context, s *pipeline.Split, committed int64) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.resumed = append(l.resumed, committed)
	if next, ok := l.ends[s.ID]; ok && l.decides {
		return next, nil
	}
	return committed, nil
}

func (l *memLog) Record(_ context.Context, e *pipeline.Epoch) (fenced []*pipeline.Split, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.records++
	for _, s := range e.Spans {
		if l.fence != nil && l.fence(s) {
			fenced = append(fenced, s.Split)
			l.voided[s.Split.ID] = append(l.voided[s.Split.ID], *s)
			continue
		}
		if at := l.ends[s.Split.ID]; s.First != at {
			return nil, fmt.Errorf("%s: an epoch begins at %d, after %d", s.Split.ID, s.First, at)
		}
		l.ends[s.Split.ID] = s.Next
	}
	err, l.fail = l.fail, nil
	return fenced, err
}

func newMemLog(decides bool) *memLog {
	return &memLog{decides: decides, ends: map[string]int64{}, voided: map[string][]pipeline.Span{}}
}

// A recorder decides, whatever becomes of the source's own commit, which only follows.
func TestRecorderDecides(t *testing.T) {
	passing := fault.New(fault.KafkaUnreachable, "no broker")
	for name, change := range map[string]func(r streamRig, l *memLog){
		"undisturbed":     func(streamRig, *memLog) {},
		"source's commit": func(r streamRig, _ *memLog) { r.source.Script = pipelinetest.FailNth("commit", 2, passing) },
		"sink's commit": func(r streamRig, _ *memLog) {
			r.cfg.RetryBudget = time.Nanosecond
			r.sink.Script = pipelinetest.FailNth("commit", 2, passing)
		},
		"source went back": func(r streamRig, _ *memLog) {
			r.stream.AbortMoved = true
			r.source.Script = func(_ context.Context, c pipelinetest.Call) error {
				if c.Kind == "commit" && c.N%2 == 0 {
					r.stream.Move(1, true)
					r.stream.Move(1, false)
				}
				return nil
			}
		},
		"source stands elsewhere": func(r streamRig, _ *memLog) { r.stream.SetCommitted(0, 77) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newStreamRig(t, 2, 100)
				l := newMemLog(true)
				l.ends["part/0"], l.ends["part/1"] = 0, 0
				r.cfg.Recorder = l
				change(r, l)
				s, err := r.run(t)
				if err != nil {
					t.Fatal(err)
				}
				if !maps.Equal(l.ends, map[string]int64{"part/0": 100, "part/1": 100}) {
					t.Errorf("recorded to %v", l.ends)
				}
				if name == "sink's commit" { // MemSink forgets what it had prepared; a sink of a stream leaves it to Resume
					if s.Counts.Read != 200 || s.Counts != s.Committed {
						t.Errorf("counts %+v, committed %+v", s.Counts, s.Committed)
					}
					r.witness.judge(s)
					return
				}
				r.judgeStream(t, s)
			})
		})
	}
}

// A split that another process went on with is taken out of every counter, and read from where the log says.
func TestRecorderFences(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newStreamRig(t, 2, 100)
		l := newMemLog(true)
		l.ends["part/0"], l.ends["part/1"] = 0, 0
		l.fence = func(s *pipeline.Span) bool { // the other one stops where this one's third epoch ends
			if s.Split.ID != "part/1" || l.records != 3 {
				return false
			}
			l.ends[s.Split.ID] = s.Next
			return true
		}
		r.cfg.Recorder = l
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		void := l.voided["part/1"][0].Counts
		if void.Read == 0 || s.Counts.Read != 200-void.Read || s.Counts != s.Committed || !s.Counts.Balanced() {
			t.Errorf("counts %+v, committed %+v, void %+v", s.Counts, s.Committed, void)
		}
		var labelled int64
		for _, label := range s.Tally.Labels {
			labelled += label.Count
		}
		if s.Sinks["out"] != s.Counts.Delivered || labelled+s.Tally.Null != s.Counts.Delivered {
			t.Errorf("%d rows in the sink, %d labels, %d delivered", s.Sinks["out"], labelled, s.Counts.Delivered)
		}
		r.witness.judge(s)
		if len(l.resumed) < 4 {
			t.Errorf("it did not join anew: %v", l.resumed)
		}
	})
}

// A recorder that does not decide is asked to resume, and for nothing else.
func TestRecorderFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newStreamRig(t, 2, 100)
		l := newMemLog(false)
		r.cfg.Recorder = l
		r.source.Script = pipelinetest.FailNth("next", 15, fault.New(fault.KafkaUnreachable, "no broker"))
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		r.judgeStream(t, s)
		if l.records != 0 || len(l.resumed) != 4 || slices.Max(l.resumed) <= 0 {
			t.Errorf("%d records, resumed at %v", l.records, l.resumed)
		}
	})
}

// coverSink checks that it is told what an epoch covers before it prepares.
type coverSink struct {
	*pipelinetest.MemSink
	t     *testing.T
	ends  map[string]int64
	spans []*pipeline.Span
}

func (s *coverSink) Cover(spans []*pipeline.Span) { s.spans = spans }

func (s *coverSink) Prepare(ctx context.Context, epoch int64) (pipeline.Receipt, error) {
	if len(s.spans) == 0 {
		s.t.Error("an epoch that covers nothing")
	}
	for _, sp := range s.spans {
		if sp.First != s.ends[sp.Split.ID] || sp.Next <= sp.First {
			s.t.Errorf("%s: [%d, %d) follows %d", sp.Split.ID, sp.First, sp.Next, s.ends[sp.Split.ID])
		}
		s.ends[sp.Split.ID] = sp.Next
	}
	s.spans = nil
	return s.MemSink.Prepare(ctx, epoch)
}

func TestSinksAreToldWhatAnEpochCovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newStreamRig(t, 3, 60)
		r.source.Bad = nil
		c := &coverSink{MemSink: r.sink, t: t, ends: map[string]int64{}}
		r.cfg.Sinks[0].Sink = c
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		r.judgeStream(t, s)
		if !maps.Equal(c.ends, map[string]int64{"part/0": 60, "part/1": 60, "part/2": 60}) {
			t.Errorf("told of %v", c.ends)
		}
	})
}

func TestStreamStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newStreamRig(t, 2, 30)
		r.stream.Follow = true
		_, err := r.runContext(t.Context(), t, func(p *pipeline.Pipeline) {
			go func() {
				time.Sleep(time.Hour)
				s := p.Status()
				var lines []string
				for _, sp := range s.Splits {
					lines = append(lines, fmt.Sprintf("%s %d %d %d", sp.ID, sp.Next, sp.High, sp.Lag))
				}
				slices.Sort(lines)
				if got := strings.Join(lines, ", "); got != "part/0 30 30 0, part/1 30 30 0" {
					t.Errorf("status %s", got)
				}
				p.Drain()
			}()
		})
		wantCode(t, err, fault.RunInterrupted)
	})
}
