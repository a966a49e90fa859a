package pipeline_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/test/race"
)

// diskRig is a pipeline whose whole world is one disk: state, output and dead letters.
type diskRig struct {
	*rig
}

func newDiskRig(t *testing.T, d *pipelinetest.Disk) diskRig {
	t.Helper()
	r := diskRig{newRig(t, 2, 40)}
	if d == nil {
		d = r.disk
	}
	r.disk = d
	r.source.Bad = everyNth(10)
	r.cfg.FS, r.cfg.State = d, "/work/.winnow/run"
	r.cfg.Sinks = []pipeline.NamedSink{{Name: "out", Sink: &pipelinetest.DiskSink{FS: d, Path: "/work/out.jsonl"}}}
	r.cfg.DeadLetters = &pipelinetest.DiskSink{FS: d, Path: "/work/out.rejected.jsonl"}
	r.cfg.Commit.Records = 20
	return r
}

// outcome is what an output holds: everything but the run's own state.
type outcome struct{ out, dead string }

func outcomeOf(d *pipelinetest.Disk) outcome {
	return outcome{string(d.Get("/work/out.jsonl")), string(d.Get("/work/out.rejected.jsonl"))}
}

// undisturbed is the outcome of a run that nothing happens to, and how many operations it makes.
func undisturbed(t *testing.T) (outcome, int64) {
	t.Helper()
	var want outcome
	var ops int64
	synctest.Test(t, func(t *testing.T) {
		r := newDiskRig(t, nil)
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		want, ops = outcomeOf(r.disk), r.disk.Ops()
		l := pipelinetest.NewLedger()
		l.InSource(r.source)
		for _, f := range []struct {
			enter func(...string)
			path  string
			data  string
		}{
			{func(ids ...string) { l.Out("out", ids...) }, "id", want.out},
			{l.Dead, "record.id", want.dead},
		} {
			found, err := pipelinetest.JSONL(f.path)([]byte(f.data))
			if err != nil {
				t.Fatal(err)
			}
			f.enter(found...)
		}
		if err := errors.Join(l.Check(), l.CheckCounts(s.Counts)); err != nil {
			t.Fatal(err)
		}
	})
	return want, ops
}

func (want outcome) check(t *testing.T, d *pipelinetest.Disk, what string) {
	t.Helper()
	got := outcomeOf(d)
	if err := errors.Join(pipelinetest.DiffLines([]byte(want.out), []byte(got.out)),
		pipelinetest.DiffLines([]byte(want.dead), []byte(got.dead))); err != nil {
		t.Fatalf("%s: %v\nfiles: %v", what, err, d.Files())
	}
	for _, name := range []string{"/work/out.jsonl.part", "/work/out.rejected.jsonl.part"} {
		if d.Get(name) != nil {
			t.Fatalf("%s: %s is left", what, name)
		}
	}
}

// Power is lost at random moments, again and again, until the run is through; then once more. The outcome is the
// undisturbed one, byte for byte, without anything that a user would have to do.
func TestPowerLoss(t *testing.T) {
	want, ops := undisturbed(t)
	seeds := uint64(1000)
	if testing.Short() || race.Enabled {
		seeds = 100
	}
	cuts, resumed := 0, 0
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1))
			d := newDiskRig(t, nil).disk
			for life := 0; ; life++ {
				if life == 30 {
					t.Fatalf("seed %d: no end", seed)
				}
				if life < 6 { // then it may finish
					d.CutAt(1 + rng.Int64N(ops))
				}
				r := newDiskRig(t, d)
				r.cfg.BatchRows = []int{1, 7, 4096}[rng.IntN(3)]
				r.cfg.Workers = 1 + rng.IntN(2)
				s, err := r.run(t)
				if s.Resumed {
					resumed++
				}
				if err == nil {
					if s.Counts != (pipeline.Counts{Read: 80, Delivered: 72, Dead: 8}) {
						t.Fatalf("seed %d: counts %+v", seed, s.Counts)
					}
					break
				}
				if !errors.Is(err, pipelinetest.ErrPowerLost) {
					t.Fatalf("seed %d, life %d: %v\nfiles: %v", seed, life, err, d.Files())
				}
				cuts++
				if rng.IntN(4) == 0 {
					d = d.Kill() // this time only the process died
				} else {
					d = d.Crash(rng.Uint64())
				}
			}
			want.check(t, d, fmt.Sprintf("seed %d", seed))
			d = d.Crash(rng.Uint64())
			want.check(t, d, fmt.Sprintf("seed %d, after the end", seed))
			s, err := newDiskRig(t, d).run(t)
			if err != nil || !s.AlreadyComplete || s.Counts.Read != 80 {
				t.Fatalf("seed %d, run again: %v, %+v", seed, err, s)
			}
			want.check(t, d, fmt.Sprintf("seed %d, run again", seed))
		})
	}
	t.Logf("%d power cuts, %d resumptions", cuts, resumed)
}

// stride leaves most operations out where the race detector makes them slow: the interleavings are what it is for.
func stride() int64 {
	if race.Enabled {
		return 7
	}
	return 1
}

// Every single operation is the last one before the power is gone, or before the process is killed.
func TestCrashAtEveryOperation(t *testing.T) {
	want, ops := undisturbed(t)
	for n := int64(1); n <= ops; n += stride() {
		for how := range uint64(4) {
			synctest.Test(t, func(t *testing.T) {
				r := newDiskRig(t, nil)
				r.disk.CutAt(n)
				if _, err := r.run(t); err != nil && !errors.Is(err, pipelinetest.ErrPowerLost) {
					t.Fatalf("operation %d: %v", n, err)
				}
				d := r.disk.Kill()
				if how > 0 {
					d = r.disk.Crash(how)
				}
				if _, err := newDiskRig(t, d).run(t); err != nil {
					t.Fatalf("after a crash at operation %d: %v\nfiles: %v", n, err, d.Files())
				}
				want.check(t, d, fmt.Sprintf("crash at operation %d", n))
			})
		}
	}
}

// Every single operation fails once. A full disk is waited for; what else the disk says ends the run with a code, and
// the same command goes on from the last commit.
func TestEveryOperationFails(t *testing.T) {
	want, ops := undisturbed(t)
	for _, cause := range []error{syscall.ENOSPC, syscall.EIO} {
		for n := int64(1); n <= ops; n += stride() {
			synctest.Test(t, func(t *testing.T) {
				r := newDiskRig(t, nil)
				r.disk.FailAt(n, cause)
				s, err := r.run(t)
				what := fmt.Sprintf("%v at operation %d", cause, n)
				if err != nil {
					if _, coded := fault.As(err); !coded || !errors.Is(err, cause) {
						t.Fatalf("%s: %v", what, err)
					}
					if s.Phase != pipeline.Failed {
						t.Fatalf("%s: phase %s", what, s.Phase)
					}
					d := r.disk
					if n%2 == 0 {
						d = d.Crash(uint64(n))
					}
					r = newDiskRig(t, d)
					if _, err := r.run(t); err != nil {
						t.Fatalf("run again after %s: %v\nfiles: %v", what, err, d.Files())
					}
				}
				want.check(t, r.disk, what)
			})
		}
	}
}

// A disk that is full ends the run when the budget is over, resumable; one that is emptied meanwhile does not.
func TestDiskFull(t *testing.T) {
	want, _ := undisturbed(t)
	for capacity := int64(0); capacity < 12000; capacity += 500 {
		synctest.Test(t, func(t *testing.T) {
			r := newDiskRig(t, nil)
			r.disk.SetCapacity(capacity)
			_, err := r.run(t)
			if err != nil {
				wantCode(t, err, fault.StorageFull)
				r.disk.SetCapacity(-1)
				r = newDiskRig(t, r.disk)
				if _, err := r.run(t); err != nil {
					t.Fatalf("with space again after %d bytes: %v", capacity, err)
				}
			}
			want.check(t, r.disk, fmt.Sprintf("capacity %d", capacity))
		})
	}
}
