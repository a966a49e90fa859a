package part_test

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// published checks that nothing is visible but what stood there before, or the whole output.
func published(t *testing.T, k kind, d *pipelinetest.Disk, old bool) {
	t.Helper()
	got, err := k.read(d)
	switch {
	case errors.Is(err, fs.ErrNotExist) && (!old || k.name == "folder"): // a folder is moved aside for an instant
	case err == nil && got == whole():
	case old && (got == "old" || err != nil && err.Error() == `/out/a/part-00007.jsonl begins with "old"`):
	default:
		t.Fatalf("visible: %q, %v", got, err)
	}
}

func finish(t *testing.T, k kind, d *pipelinetest.Disk, overwrite bool) {
	t.Helper()
	if err := run(d, k.new(d), overwrite); err != nil {
		t.Fatal(err)
	}
	got, err := k.read(d)
	if err != nil || got != whole() {
		t.Fatalf("published %q, %v\nwant %q", got, err, whole())
	}
	entries, err := d.ReadDir("/out")
	if err != nil || len(entries) != 1 {
		t.Fatalf("left over: %v, %v", entries, err)
	}
}

// TestPowerLoss loses power at every operation of a run, and again at every stage of what follows, over seeds that draw
// what the disk kept.
func TestPowerLoss(t *testing.T) {
	for _, k := range kinds {
		for _, old := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, old output %v", k.name, old), func(t *testing.T) {
				d := start(t, k, old)
				before := d.Ops()
				finish(t, k, d, old)
				cuts := 0
				for n := before + 1; n <= d.Ops(); n++ {
					for seed := range uint64(6) {
						cuts += powerLoss(t, k, n, seed, old)
					}
				}
				t.Logf("%d power cuts", cuts)
			})
		}
	}
}

func start(t *testing.T, k kind, old bool) *pipelinetest.Disk {
	t.Helper()
	d := newDisk(t)
	if old {
		k.old(t, d)
		if err := errors.Join(d.SyncDir("/out"), d.SyncDir("/")); err != nil {
			t.Fatal(err)
		}
		if k.name == "folder" {
			if err := d.SyncDir("/out/a"); err != nil {
				t.Fatal(err)
			}
		}
	}
	return d
}

func powerLoss(t *testing.T, k kind, n int64, seed uint64, old bool) (cuts int) {
	t.Helper()
	d := start(t, k, old)
	d.CutAt(n)
	// Later cuts come sooner and sooner, so that the run ends.
	for next := n; next > 0; next = next*2/3 - 2 {
		if err := run(d, k.new(d), old); err == nil {
			break
		} else if !errors.Is(err, pipelinetest.ErrPowerLost) {
			t.Fatalf("cut at %d, seed %d: %v", n, seed, err)
		}
		cuts++
		if (int64(seed)+n)%3 == 0 {
			d = d.Kill()
		} else {
			d = d.Crash(seed)
		}
		published(t, k, d, old)
		d.CutAt(next / 2)
	}
	d.CutAt(0)
	d = d.Kill()
	finish(t, k, d, old)
	d = d.Crash(seed + 1)
	if got, err := k.read(d); err != nil || got != whole() {
		t.Fatalf("cut at %d, seed %d: lost after the end: %q, %v", n, seed, got, err)
	}
	if entries, err := d.ReadDir("/out"); err != nil || len(entries) != 1 {
		t.Fatalf("cut at %d, seed %d: came back after the end: %v, %v", n, seed, entries, err)
	}
	return cuts
}

// TestFailedOperations lets every operation of a run fail once. A full disk is waited out, other errors end the run
// with a code, and the next one finishes.
func TestFailedOperations(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			d := newDisk(t)
			before := d.Ops()
			finish(t, k, d, false)
			for n := before + 1; n <= d.Ops(); n++ {
				for _, cause := range []error{syscall.ENOSPC, syscall.EIO, syscall.EROFS} {
					failOnce(t, k, n, cause)
				}
			}
		})
	}
}

func failOnce(t *testing.T, k kind, n int64, cause error) {
	t.Helper()
	d := newDisk(t)
	d.FailAt(n, cause)
	out := k.new(d)
	err := run(d, out, false)
	if err != nil {
		if e, ok := fault.As(err); ok {
			if e.Where.File == "" || e.Remedy() == "" {
				t.Errorf("operation %d, %v: no place or remedy: %v", n, cause, e)
			}
		} else if !errors.Is(err, cause) { // the state's own errors
			t.Errorf("operation %d, %v: %v", n, cause, err)
		}
		if err := out.Close(); err != nil {
			t.Error(err)
		}
	}
	finish(t, k, d.Kill(), false)
}

// TestFullDisk writes to a disk that is full until somebody makes room.
func TestFullDisk(t *testing.T) {
	for _, k := range kinds {
		d := newDisk(t)
		out := k.new(d)
		d.SetCapacity(60)
		err := run(d, out, false)
		if err == nil || err.Error() != "still full" {
			t.Fatalf("%s: %v", k.name, err)
		}
		d.SetCapacity(-1)
		finish(t, k, d.Kill(), false)
	}
}
