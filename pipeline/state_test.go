package pipeline_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

const (
	stateDir       = "/work/out.winnow"
	runFile        = stateDir + "/run.json"
	checkpointFile = stateDir + "/checkpoint.json"
)

// stopped leaves a run that a broken sink ended in its midst, after at least one commit.
func stopped(t *testing.T, r *rig) {
	t.Helper()
	r.sink.Script = pipelinetest.FailNth("write", 20, errFatal)
	s, err := r.run(t)
	wantCode(t, err, fault.OutputWrite)
	if s.Committed.Read == 0 || s.Committed.Read >= 200 {
		t.Fatalf("committed %+v", s.Committed)
	}
	r.again()
}

// State that is not what this run left is refused, with its path and a remedy; it is never taken for a fresh start.
func TestStateIsRefused(t *testing.T) {
	newer := func(data []byte) []byte {
		return bytes.Replace(data, []byte(`"winnow_state":1`), []byte(`"winnow_state":2`), 1)
	}
	half := func(data []byte) []byte { return data[:len(data)/2] }
	changed := func(data []byte) []byte { return bytes.Replace(data, []byte(`"run_id":"`), []byte(`"run_id":"0`), 1) }
	empty := func([]byte) []byte { return []byte{} }
	edit := func(name string, f func([]byte) []byte) func(*rig) {
		return func(r *rig) { r.disk.Put(name, f(r.disk.Get(name))) }
	}
	for _, c := range []struct {
		name  string
		spoil func(r *rig)
		want  *fault.Code
		where string
	}{
		{"torn checkpoint", edit(checkpointFile, half), fault.StateDamaged, checkpointFile},
		{"torn run", edit(runFile, half), fault.StateDamaged, runFile},
		{"empty checkpoint", edit(checkpointFile, empty), fault.StateDamaged, checkpointFile},
		{"empty run", edit(runFile, empty), fault.StateDamaged, runFile},
		{"edited checkpoint", edit(checkpointFile, changed), fault.StateDamaged, checkpointFile},
		{"newer checkpoint", edit(checkpointFile, newer), fault.StateNewer, checkpointFile},
		{"newer run", edit(runFile, newer), fault.StateNewer, runFile},
		{"checkpoint gone", func(r *rig) { _ = r.disk.Remove(checkpointFile) }, fault.StateMissing, checkpointFile},
		{"another run's checkpoint", func(r *rig) {
			o := newRigOf(r, 2, 100)
			o.cfg.State = "/work/other"
			if _, err := pipelineOf(o).Run(context.Background()); err != nil {
				panic(err)
			}
			r.disk.Put(checkpointFile, r.disk.Get("/work/other/checkpoint.json"))
		}, fault.StateDamaged, checkpointFile},
		{"other spec", func(r *rig) { r.cfg.Identity = "another" }, fault.StateForeign, stateDir},
		{"other classifier", func(r *rig) { r.cfg.Classifier = nil }, fault.StateForeign, stateDir},
		{"input changed", func(r *rig) { r.source.Fingerprint = "changed" }, fault.InputChanged, "part-00.jsonl"},
		{"input longer", func(r *rig) { r.source.Sizes[0]++ }, fault.InputChanged, "part-00.jsonl"},
		{"input gone", func(r *rig) { r.source.Sizes = r.source.Sizes[:1] }, fault.InputChanged, stateDir},
		{"state gone", func(r *rig) { _ = r.disk.RemoveAll(stateDir) }, fault.OutputExists, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 2, 100)
				stopped(t, r)
				c.spoil(r)
				for range 2 { // refusing it must not make it acceptable
					lines := len(r.sink.Store.Lines())
					s, err := r.run(t)
					e := wantCode(t, err, c.want)
					if e.Where.File != c.where || e.Remedy() == "" {
						t.Errorf("error %q at %q, want %q; remedy %q", e, e.Where.File, c.where, e.Remedy())
					}
					if s.Phase != pipeline.Failed || len(r.sink.Store.Lines()) != lines || r.sink.Store.Sealed() {
						t.Errorf("phase %s, output changed from %d to %d lines", s.Phase, lines, len(r.sink.Store.Lines()))
					}
					r.again()
				}
				r.cfg.Overwrite = true
				s, err := r.run(t)
				if err != nil {
					t.Fatalf("with overwrite: %v", err)
				}
				if s.Resumed || s.Counts.Read == 0 {
					t.Errorf("overwrite resumed %v, read %d", s.Resumed, s.Counts.Read)
				}
				r.judge(t, s)
			})
		})
	}
}

// newRigOf returns a rig on another's disk.
func newRigOf(r *rig, splits, records int) *rig {
	o := &rig{source: pipelinetest.NewMemSource(splits, records), sink: pipelinetest.NewMemSink(), disk: r.disk}
	o.cfg = pipeline.Config{
		Source: o.source, Sinks: []pipeline.NamedSink{{Name: "out", Sink: o.sink}}, FS: r.disk, Identity: r.cfg.Identity,
	}
	return o
}

func pipelineOf(r *rig) *pipeline.Pipeline {
	p, err := pipeline.New(r.cfg)
	if err != nil {
		panic(err)
	}
	return p
}

func TestResume(t *testing.T) {
	for _, workers := range []int{1, 2} {
		for _, rows := range []int{1, 7, 4096} {
			for _, stride := range []int64{1, 3} {
				t.Run(fmt.Sprintf("%d workers, batches of %d, stride %d", workers, rows, stride), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						r := newRig(t, 3, 60)
						r.source.Stride = stride
						r.source.Bad = everyNth(15)
						r.cfg.Workers, r.cfg.BatchRows, r.cfg.Commit.Records = workers, rows, 1
						var last pipeline.Counts
						lives := 0
						for n := 1; ; n++ { // each life writes one batch more than the last one before it dies
							r.sink.Script = pipelinetest.FailNth("write", n, errFatal)
							s, err := r.run(t)
							lives++
							if s.Committed.Read < last.Read {
								t.Fatalf("the counters went back from %+v to %+v", last, s.Committed)
							}
							if last = s.Committed; err == nil {
								r.judge(t, s)
								break
							}
							wantCode(t, err, fault.OutputWrite)
							r.again()
						}
						if rows < 100 && lives < 3 {
							t.Errorf("%d lives only", lives)
						}
					})
				})
			}
		}
	}
}

// Fewer or more workers and other batches are no other run.
func TestResumeWithOtherSettings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 2, 100)
		stopped(t, r)
		r.cfg.Workers, r.cfg.BatchRows, r.cfg.Memory = 5, 3, 1<<20
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		if !s.Resumed {
			t.Error("not resumed")
		}
		r.judge(t, s)
	})
}

func TestRunAgainIsAlreadyComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 2, 20)
		first, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		r.again()
		s, err := r.run(t)
		if err != nil || !s.AlreadyComplete || first.AlreadyComplete || s.RunID != first.RunID {
			t.Fatalf("%v, %+v", err, s)
		}
		r.judge(t, s)
		for _, c := range r.source.Calls() {
			if c.Kind == "open" && c.N > 2 {
				t.Error("the input was read again")
			}
		}
	})
}

// An output that was there before is refused, the second time as well as the first.
func TestForeignOutputIsRefusedEachTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, 20)
		if _, err := r.run(t); err != nil {
			t.Fatal(err)
		}
		before := r.sink.Store.Lines()
		r.again()
		r.cfg.State, r.source.Sizes = "/work/other.winnow", []int{5}
		for range 2 {
			_, err := r.run(t)
			wantCode(t, err, fault.OutputExists)
			if got := r.sink.Store.Lines(); len(got) != len(before) {
				t.Fatalf("the output was changed: %d lines, before %d", len(got), len(before))
			}
			r.again()
		}
		r.cfg.Overwrite = true
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		r.judge(t, s)
	})
}

// A run that replaces an output and crashes goes on without being told again to overwrite.
func TestResumeKeepsOverwrite(t *testing.T) {
	for cut := int64(50); cut < 80; cut += 5 {
		synctest.Test(t, func(t *testing.T) {
			d := newDiskRig(t, nil)
			d.disk.Put("/work/out.jsonl", []byte("old\n"))
			d.cfg.Overwrite = true
			d.disk.CutAt(cut)
			if _, err := d.run(t); err == nil {
				t.Fatal("the power was not cut")
			}
			found := d.disk.Crash(1)
			if got := string(found.Get("/work/out.jsonl")); got != "old\n" {
				t.Fatalf("the old output is %q before the seal", got)
			}
			r := newDiskRig(t, found)
			if _, err := r.run(t); err != nil {
				t.Fatalf("cut at operation %d: %v", cut, err)
			}
			if got := string(found.Get("/work/out.jsonl")); !strings.HasPrefix(got, `{"id":"part-00/1"`) {
				t.Errorf("output %q", got[:40])
			}
		})
	}
}

func TestLaterInputIsLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 2, 100)
		stopped(t, r)
		r.source.Sizes = append(r.source.Sizes, 100)
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		r.source.Sizes = r.source.Sizes[:2]
		r.judge(t, s)
		if len(s.Plan.Notes) != 1 || s.Plan.Notes[0] != "1 parts of the input came after the run began and are left out" {
			t.Errorf("notes %q", s.Plan.Notes)
		}
	})
}

// lockedDisk is a disk whose folder another process uses.
type lockedDisk struct {
	*pipelinetest.Disk
	err    error
	closed int
}

func (d *lockedDisk) Lock(string) (io.Closer, error) {
	if d.err != nil {
		return nil, d.err
	}
	return d, nil
}

func (d *lockedDisk) Close() error { d.closed++; return nil }

func TestStateIsLocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, 10)
		d := &lockedDisk{Disk: r.disk, err: &disk.LockedError{PID: "4711"}}
		r.cfg.FS = d
		_, err := r.run(t)
		if e := wantCode(t, err, fault.StateLocked); e.Error() != stateDir+": state.locked: locked by process 4711" {
			t.Errorf("error %q", e)
		}
		d.err = nil
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		r.judge(t, s)
		if d.closed != 1 {
			t.Errorf("the lock was given back %d times", d.closed)
		}
	})
}

func TestWithoutState(t *testing.T) {
	for name, set := range map[string]func(*rig){
		"no folder":         func(r *rig) { r.cfg.State = "" },
		"read only once":    func(r *rig) { r.source.Once = true },
		"both, and a limit": func(r *rig) { r.cfg.State, r.source.Once, r.cfg.Limit = "", true, 1000 },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 2, 100)
				set(r)
				s, err := r.run(t)
				if err != nil {
					t.Fatal(err)
				}
				r.judge(t, s)
				if files := r.disk.Files(); len(files) != 1 {
					t.Errorf("files %v", files)
				}
				if s.Plan.Guarantee != pipeline.AtMostOnce {
					t.Errorf("guarantee %s", s.Plan.Guarantee)
				}
			})
		})
	}
}

func TestReadStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 3, 100)
		_, err := pipeline.ReadStatus(r.disk, stateDir)
		wantCode(t, err, fault.StateMissing)
		stopped(t, r)
		st, err := pipeline.ReadStatus(r.disk, stateDir)
		if err != nil {
			t.Fatal(err)
		}
		if st.Phase != pipeline.Stopped || st.Counts.Read == 0 || len(st.Splits) != 3 || !st.Splits[0].Done ||
			st.Splits[0].Next != 100 || st.Splits[2].Done || st.Splits[2].Next != 0 {
			t.Errorf("status %+v", st)
		}
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		st, err = pipeline.ReadStatus(r.disk, stateDir)
		if err != nil || st.Phase != pipeline.Completed || st.Counts != s.Counts || st.RunID != s.RunID {
			t.Errorf("status %+v, %v", st, err)
		}
	})
}
