package pipelinetest

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// SinkCase is a sink for the conformance suite of sinks. It writes to a Disk.
type SinkCase struct {
	// New returns the sink of a new process over a disk, which has an empty folder /out. It is called many times.
	New func(t testing.TB, fsys disk.FS) pipeline.Sink
	// Output reads what is published on a disk, in a form in which equal outputs are equal bytes (decompressed, say);
	// false where nothing is. A sink that is no Sealer publishes by Commit.
	Output func(t testing.TB, d *Disk) ([]byte, bool)
	// IDs reads the ids out of Output's bytes, for the ledger. Nil: outputs are only compared with each other.
	IDs ReadIDs
	// Records is how many records are written; default 60.
	Records int
	// WithoutResult opens the sink without result columns, as a pipeline without a classifier does.
	WithoutResult bool
	// Points is how many of the operations are tried as crash points; default 150, 25 with -short, spread over all of
	// them.
	Points int
	// Close is called at the end of each subtest.
	Close func()
}

// Sink runs the conformance suite of sinks: every one that promises exactly once passes it.
func Sink(t *testing.T, c SinkCase) {
	t.Helper()
	if c.Records == 0 {
		c.Records = 60
	}
	if c.Points == 0 {
		c.Points = 150
		if testing.Short() {
			c.Points = 25
		}
	}
	s := &sinkSuite{c: c}
	s.undisturbed(t)
	if t.Failed() {
		return
	}
	for _, test := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"batches and commits of any size give the same output", s.sizes},
		{"rows are chosen by views", s.views},
		{"nothing to write", s.empty},
		{"crash at every operation", s.crash},
		{"every operation fails", s.fail},
		{"abort", s.abort},
		{"commit and seal are idempotent", s.idempotent},
		{"an output that exists", s.existing},
		{"an output that appears before the seal", s.appearing},
		{"an empty output is left out where asked", s.omitted},
		{"encode from many goroutines", s.encode},
		{"close", s.close},
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

type sinkSuite struct {
	c    SinkCase
	want []byte
	ops  int64
}

func newSinkDisk() *Disk {
	d := NewDisk()
	d.Put("/out/.keep", nil)
	return d
}

// mustRun runs a life to its end.
func (s *sinkSuite) mustRun(t testing.TB, l *life) {
	t.Helper()
	if err := l.run(t); err != nil {
		t.Fatalf("run: %v", err)
	}
}

// check compares what is published with the undisturbed output.
func (s *sinkSuite) check(t testing.TB, d *Disk, what string) {
	t.Helper()
	got, ok := s.c.Output(t, d)
	if !ok {
		t.Fatalf("%s: nothing is published; files: %v", what, d.Files())
	}
	if err := DiffLines(s.want, got); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// undisturbed runs once and keeps the output.
func (s *sinkSuite) undisturbed(t *testing.T) {
	t.Helper()
	l := s.life(newSinkDisk())
	s.mustRun(t, l)
	out, ok := s.c.Output(t, l.disk)
	if !ok || len(out) == 0 {
		t.Fatalf("nothing is published; files: %v", l.disk.Files())
	}
	s.want, s.ops = out, l.disk.Ops()
	if s.c.IDs == nil {
		return
	}
	ids, err := s.c.IDs(out)
	if err != nil {
		t.Fatal(err)
	}
	ledger := NewLedger()
	ledger.In("part-00", sinkSource(s.c).IDs(0)...)
	ledger.Out("output", ids...)
	if err := ledger.Check(); err != nil {
		t.Error(err)
	}
}

func (s *sinkSuite) sizes(t *testing.T) {
	for _, size := range []struct{ rows, every int }{{1, 1}, {1, 10}, {7, 1}, {7, 3}, {s.c.Records, 1}} {
		l := s.life(newSinkDisk())
		l.rows, l.every = size.rows, size.every
		s.mustRun(t, l)
		s.check(t, l.disk, fmt.Sprintf("batches of %d, a commit every %d", size.rows, size.every))
	}
}

func (s *sinkSuite) views(t *testing.T) {
	l := s.life(newSinkDisk())
	l.views = true
	s.mustRun(t, l)
	s.check(t, l.disk, "each batch in two views")
}

func (s *sinkSuite) empty(t *testing.T) {
	l := s.life(newSinkDisk())
	l.records = 0
	s.mustRun(t, l)
	l = s.life(l.disk.Crash(1))
	l.records, l.cp = 0, checkpoint{}
	l.open.Overwrite = true
	s.mustRun(t, l)
}

// crash kills the process, and cuts the power, at every operation; the next process goes on from the checkpoint.
func (s *sinkSuite) crash(t *testing.T) {
	for _, n := range sample(operations(s.ops), s.c.Points) {
		for how := range uint64(4) {
			l := s.life(newSinkDisk())
			l.disk.CutAt(n)
			if err := l.run(t); err == nil && !l.cp.done {
				t.Fatalf("operation %d was not noticed to fail", n)
			}
			if how == 0 {
				l.disk = l.disk.Kill()
			} else {
				l.disk = l.disk.Crash(uint64(n)*4 + how)
			}
			what := fmt.Sprintf("after a crash at operation %d (way %d)", n, how)
			if err := l.run(t); err != nil {
				t.Fatalf("%s: %v; files: %v", what, err, l.disk.Files())
			}
			s.check(t, l.disk, what)
			s.check(t, l.disk.Crash(how), what+" and one at the end")
		}
	}
}

func operations(n int64) []int64 {
	all := make([]int64, n)
	for i := range all {
		all[i] = int64(i) + 1
	}
	return all
}

// fail fails every operation once. What is transient is called again, as the engine does; everything else, all of it
// with a code, ends the process, and the next one goes on.
func (s *sinkSuite) fail(t *testing.T) {
	for _, cause := range []error{syscall.ENOSPC, syscall.EIO} {
		for _, n := range sample(operations(s.ops), s.c.Points) {
			l := s.life(newSinkDisk())
			l.retry = true
			l.disk.FailAt(n, cause)
			what := fmt.Sprintf("%v at operation %d", cause, n)
			if err := l.run(t); err != nil {
				if _, coded := fault.As(err); !coded {
					t.Errorf("%s gives an error without a code: %v", what, err)
				}
				if err := l.run(t); err != nil {
					t.Fatalf("run again after %s: %v; files: %v", what, err, l.disk.Files())
				}
			}
			s.check(t, l.disk, what)
		}
	}
}

// abort undoes, after every batch, what came since the last commit, and writes it again.
func (s *sinkSuite) abort(t *testing.T) {
	for at := 1; at <= (s.c.Records+4)/5; at++ {
		l := s.life(newSinkDisk())
		l.abortAfter = at
		s.mustRun(t, l)
		s.check(t, l.disk, fmt.Sprintf("abort after batch %d", at))
	}
}

func (s *sinkSuite) idempotent(t *testing.T) {
	l := s.life(newSinkDisk())
	l.twice = true
	s.mustRun(t, l)
	s.check(t, l.disk, "everything called twice")
	for range 2 { // a process that died before the seal was recorded
		l.cp.done = false
		s.mustRun(t, l)
		s.check(t, l.disk, "sealed again")
	}
}

// existing: an output that is not the run's is refused, also where the run had begun; Overwrite replaces it at the end.
func (s *sinkSuite) existing(t *testing.T) {
	if _, ok := s.c.New(t, newSinkDisk()).(pipeline.Sealer); !ok {
		t.Skip("the sink publishes with every commit")
	}
	before := s.life(newSinkDisk())
	before.records = 5
	s.mustRun(t, before)
	old, _ := s.c.Output(t, before.disk)
	for _, begun := range []bool{false, true} {
		l := s.life(before.disk)
		l.cp.begun = begun
		err := l.run(t)
		if e, coded := fault.As(err); !coded || e.Code.Fate != fault.Fatal {
			t.Fatalf("an output that exists (run begun: %v) gave %v", begun, err)
		}
		if now, _ := s.c.Output(t, l.disk); !bytes.Equal(old, now) {
			t.Fatal("the refused output was changed")
		}
	}
	l := s.life(before.disk)
	l.open.Overwrite = true
	l.beforeSeal = func() {
		if now, _ := s.c.Output(t, l.disk); !bytes.Equal(old, now) {
			t.Error("the old output is gone before the seal")
		}
	}
	s.mustRun(t, l)
	s.check(t, l.disk, "overwrite")
	s.check(t, l.disk.Crash(1), "overwrite, and a crash at the end")
}

// appearing: what comes to stand in the output's place while the run goes on is refused at the seal, and stays.
func (s *sinkSuite) appearing(t *testing.T) {
	if _, ok := s.c.New(t, newSinkDisk()).(pipeline.Sealer); !ok {
		t.Skip("the sink publishes with every commit")
	}
	stranger := s.life(newSinkDisk())
	stranger.records = 5
	s.mustRun(t, stranger)
	old, _ := s.c.Output(t, stranger.disk)
	l := s.life(newSinkDisk())
	l.beforeSeal = func() {
		for _, name := range stranger.disk.Files() {
			l.disk.Put(name, stranger.disk.Get(name))
		}
		l.beforeSeal = nil
	}
	for range 2 { // at once, and in the process that goes on
		if err := l.run(t); !fault.Is(err, fault.OutputExists) {
			t.Fatalf("an output that appeared gave %v", err)
		}
		if now, _ := s.c.Output(t, l.disk); !bytes.Equal(old, now) {
			t.Fatal("the stranger's output was changed")
		}
	}
}

// omitted: with OmitEmpty a run without rows leaves nothing behind, and nothing of what it was to replace, wherever it
// is killed on the way.
func (s *sinkSuite) omitted(t *testing.T) {
	if _, ok := s.c.New(t, newSinkDisk()).(pipeline.Sealer); !ok {
		t.Skip("the sink publishes with every commit")
	}
	begin := func(replace bool) *life {
		l := s.life(newSinkDisk())
		if replace {
			l.records = 5
			s.mustRun(t, l)
			l = s.life(l.disk.Crash(1))
		}
		l.records, l.open.OmitEmpty, l.open.Overwrite = 0, true, replace
		return l
	}
	for _, replace := range []bool{false, true} {
		l := begin(replace)
		before := l.disk.Ops()
		s.mustRun(t, l)
		for n := int64(0); n <= l.disk.Ops()-before; n++ {
			l := begin(replace)
			if n > 0 {
				l.disk.CutAt(l.disk.Ops() + n)
				if err := l.run(t); err == nil && !l.cp.done {
					t.Fatalf("operation %d was not noticed to fail", n)
				}
				l.disk = l.disk.Crash(uint64(n))
			}
			if err := l.run(t); err != nil {
				t.Fatalf("after a crash at operation %d: %v; files: %v", n, err, l.disk.Files())
			}
			l.disk = l.disk.Crash(uint64(n))
			if files := l.disk.Files(); len(files) > 1 {
				t.Fatalf("after a crash at operation %d (replacing: %v) are left %v", n, replace, files)
			}
		}
	}
}

// encode encodes all batches at the same time before it writes the first.
func (s *sinkSuite) encode(t *testing.T) {
	l := s.life(newSinkDisk())
	sink := s.c.New(t, l.disk)
	encoder, ok := sink.(pipeline.Encoder)
	if !ok {
		t.Skip("the sink does not encode")
	}
	defer l.alloc.AssertSize(t, 0)
	if err := l.start(t, sink); err != nil {
		t.Fatal(err)
	}
	batches := l.batches(t, sink)
	var wg sync.WaitGroup
	for _, b := range batches {
		wg.Go(func() {
			if err := encoder.Encode(t.Context(), b); err != nil {
				t.Errorf("encode: %v", err)
			}
		})
	}
	wg.Wait()
	for _, b := range batches {
		if err := sink.Write(t.Context(), b); err != nil {
			t.Fatalf("write: %v", err)
		}
		releaseAll(b)
	}
	if err := errors.Join(l.commit(t, sink, int64(s.c.Records), true), l.seal(t, sink), sink.Close()); err != nil {
		t.Fatal(err)
	}
	s.check(t, l.disk, "encoded at the same time")
}

// close: a sink can be closed before it was opened, and more than once.
func (s *sinkSuite) close(t *testing.T) {
	l := s.life(newSinkDisk())
	sink := s.c.New(t, l.disk)
	if err := sink.Close(); err != nil {
		t.Errorf("close before open: %v", err)
	}
	if err := l.start(t, sink); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := sink.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	l.cp.begun = true
	s.mustRun(t, l)
	s.check(t, l.disk, "after an open without a write")
}
