package parquet

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// world is a run over a disk that loses power: what its state store would keep.
type world struct {
	cfg     SinkConfig
	sizes   []int // rows of the batches
	every   int   // batches a commit
	layout  *pipeline.Layout
	result  *arrow.Schema
	last    pipeline.Receipt
	next    int // first batch that is not committed
	begun   bool
	sealing bool
	done    bool
}

func newWorld(path string) *world {
	return &world{
		cfg:   SinkConfig{Path: path, RowGroupRows: 1500, PartSize: 8_000, Compression: "none"},
		sizes: []int{1100, 3, 1, 1200, 40, 1100, 7},
		every: 2,
		layout: &pipeline.Layout{Schema: arrow.NewSchema([]arrow.Field{
			{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "text", Type: arrow.BinaryTypes.String, Nullable: true},
		}, nil)},
		result: arrow.NewSchema([]arrow.Field{{Name: "label", Type: labelType}}, nil),
	}
}

var labelType = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}

// batch makes the i-th batch; ids count through all batches.
func (w *world) batch(i int) *pipeline.Batch {
	first := 0
	for _, n := range w.sizes[:i] {
		first += n
	}
	rb := array.NewRecordBuilder(memory.DefaultAllocator, w.layout.Schema)
	lb := array.NewRecordBuilder(memory.DefaultAllocator, w.result)
	for id := first; id < first+w.sizes[i]; id++ {
		rb.Field(0).(*array.Int64Builder).Append(int64(id))
		if id%5 == 0 {
			rb.Field(1).AppendNull()
		} else {
			rb.Field(1).(*array.StringBuilder).Append(fmt.Sprint("text ", id%97))
		}
		if err := lb.Field(0).(*array.BinaryDictionaryBuilder).AppendString([]string{"a", "b"}[id%2]); err != nil {
			panic(err)
		}
	}
	return &pipeline.Batch{Record: rb.NewRecordBatch(), Result: lb.NewRecordBatch()}
}

func (w *world) rows() (n int) {
	for _, s := range w.sizes {
		n += s
	}
	return n
}

// run does what the engine does, until the end or the first error. retry calls again what fails, as the engine does
// with transient errors.
func (w *world) run(fsys disk.FS, retry bool) error {
	ctx := context.Background()
	try := func(f func() error) error {
		err := f()
		for range 3 {
			if !retry || err == nil || fault.FateOf(err) != fault.Transient {
				break
			}
			err = f()
		}
		return err
	}
	sink := NewSink(w.cfg, pipeline.Env{FS: fsys})
	begun := w.begun
	open := func() error {
		return sink.Open(ctx, pipeline.SinkOpen{RunID: "run", Resumed: begun, Input: w.layout, Result: w.result, Last: w.last, Sealing: w.sealing, Durable: true})
	}
	w.begun = true
	if err := try(open); err != nil {
		return err
	}
	defer func() { _ = sink.Close() }() // the disk may be gone
	commit := func(next int, seal bool) error {
		var r pipeline.Receipt
		err := try(func() (err error) { r, err = sink.Prepare(ctx, 1); return err })
		if err != nil {
			return err
		}
		w.last, w.next, w.sealing = r, next, seal // the checkpoint
		return try(func() error { return sink.Commit(ctx, r) })
	}
	if w.last != nil {
		if err := try(func() error { return sink.Commit(ctx, w.last) }); err != nil {
			return err
		}
	}
	for i := w.next; i < len(w.sizes); i++ {
		b := w.batch(i)
		if err := sink.Encode(ctx, b); err != nil {
			return err
		}
		if err := try(func() error { return sink.Write(ctx, b) }); err != nil {
			return err
		}
		if (i+1)%w.every == 0 || i == len(w.sizes)-1 {
			if err := commit(i+1, i == len(w.sizes)-1); err != nil {
				return err
			}
		}
	}
	if err := try(func() error { return sink.Seal(ctx, w.last) }); err != nil {
		return err
	}
	w.done = true
	return sink.Close()
}

// check reads the sealed output back: every row once, in order, and nothing else on the disk.
func (w *world) check(t *testing.T, fsys disk.FS) {
	t.Helper()
	path := strings.TrimSuffix(w.cfg.Path, "/")
	batches, err := readAll(t, NewSource(SourceConfig{Path: path}, pipeline.Env{FS: fsys}), pipeline.Projection{})
	if err != nil {
		t.Fatalf("the output can't be read: %v", err)
	}
	defer release(batches)
	id := int64(0)
	for _, b := range batches {
		ids, label := b.Column("id").(*array.Int64), undictionary(b.Column("label"))
		for i := range b.Len() {
			if ids.Value(i) != id || label.ValueStr(i) != []string{"a", "b"}[id%2] {
				t.Fatalf("row %d has id %d and label %s", id, ids.Value(i), label.ValueStr(i))
			}
			id++
		}
	}
	if id != int64(w.rows()) {
		t.Fatalf("%d rows, want %d", id, w.rows())
	}
	entries, err := fsys.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Fatalf("leftovers: %v", entries)
	}
}

func newDisk(t testing.TB) *pipelinetest.Disk {
	t.Helper()
	d := pipelinetest.NewDisk()
	if err := disk.MakeDir(d, "/out"); err != nil {
		t.Fatal(err)
	}
	return d
}

var outputs = []string{"/out/x.parquet", "/out/dir/"}

func TestSinkSurvivesPowerLossAtEveryOperation(t *testing.T) {
	sequential(t)
	for _, path := range outputs {
		d := newDisk(t)
		start := d.Ops()
		w := newWorld(path)
		if err := w.run(d, false); err != nil {
			t.Fatal(err)
		}
		w.check(t, d)
		for n := start + 1; n <= d.Ops(); n++ {
			for seed := range uint64(2) {
				if !crashRun(t, path, n, seed) {
					t.Fatalf("%s: power lost at operation %d, seed %d", path, n, seed)
				}
			}
		}
	}
}

func crashRun(t *testing.T, path string, n int64, seed uint64) (ok bool) {
	w, d := newWorld(path), newDisk(t)
	d.CutAt(n)
	if err := w.run(d, false); err == nil {
		return true // what is left to do after the seal is counted too
	}
	defer func() { ok = !t.Failed() }()
	d = d.Crash(seed)
	if err := w.run(d, false); err != nil {
		t.Errorf("the second run ends with %v (checkpoint %s, sealing %v)", err, w.last, w.sealing)
		return false
	}
	w.check(t, d)
	return true
}

// TestSinkSurvivesManyPowerLosses cuts one run again and again.
func TestSinkSurvivesManyPowerLosses(t *testing.T) {
	for _, path := range outputs {
		for seed := range uint64(60) {
			rng := rand.New(rand.NewPCG(seed, 1))
			w, d := newWorld(path), newDisk(t)
			for cuts := 0; !w.done; cuts++ {
				if cuts > 200 {
					t.Fatalf("%s: seed %d never ends", path, seed)
				}
				d.CutAt(d.Ops() + 1 + rng.Int64N(60))
				err := w.run(d, false)
				if err != nil && !errors.Is(err, pipelinetest.ErrPowerLost) {
					t.Fatalf("%s: seed %d after %d cuts: %v (checkpoint %s, sealing %v)", path, seed, cuts, err, w.last, w.sealing)
				}
				d = d.Crash(rng.Uint64())
			}
			// The seal is done, but not yet recorded as done: once more.
			w.done = false
			if err := w.run(d, false); err != nil {
				t.Fatalf("%s: seed %d: sealing twice: %v", path, seed, err)
			}
			w.check(t, d)
		}
	}
}

// TestSinkGoesOnAfterErrors fails each operation in turn: a full disk is waited for, a damaged one ends the run with a
// code, and the same command goes on.
func TestSinkGoesOnAfterErrors(t *testing.T) {
	sequential(t)
	for _, path := range outputs {
		d := newDisk(t)
		start := d.Ops()
		if err := newWorld(path).run(d, false); err != nil {
			t.Fatal(err)
		}
		for n := start + 1; n <= d.Ops(); n++ {
			for _, cause := range []error{syscall.ENOSPC, syscall.EIO, syscall.EACCES} {
				w, d := newWorld(path), newDisk(t)
				d.FailAt(n, cause)
				err := w.run(d, true)
				switch {
				case err == nil:
				case errors.Is(cause, syscall.ENOSPC) && !fault.Is(err, fault.InputRead):
					t.Fatalf("%s: operation %d, %v: the run ends with %v", path, n, cause, err)
				default:
					if _, coded := fault.As(err); !coded {
						t.Fatalf("%s: operation %d, %v: no code: %v", path, n, cause, err)
					}
					d = d.Kill()
					if err := w.run(d, true); err != nil {
						t.Fatalf("%s: operation %d, %v: the second run ends with %v", path, n, cause, err)
					}
				}
				w.check(t, d)
			}
		}
	}
}
