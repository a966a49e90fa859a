package commitlog_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/commitlog"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// hand is one process that a test moves step by step.
type hand struct {
	t     *testing.T
	disk  *pipelinetest.Disk
	log   *commitlog.Log
	sink  *commitlog.Sink
	split *pipeline.Split
	next  int64
}

func newDisk() *pipelinetest.Disk {
	d := pipelinetest.NewDisk()
	d.Put("/data/.keep", nil)
	return d
}

func newHand(t *testing.T, d *pipelinetest.Disk, transactional bool) *hand {
	t.Helper()
	h := &hand{t: t, disk: d, log: commitlog.New(commitlog.Config{
		Dir: "/data/out/_winnow", Pipeline: "test", FS: d, Transactional: transactional,
	})}
	h.sink = newSink(t, h.log, "out")
	if err := h.sink.Open(t.Context(), pipeline.SinkOpen{Input: &pipeline.Layout{}, Alloc: memory.NewGoAllocator()}); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *hand) resume(committed int64) *hand {
	h.t.Helper()
	h.split = &pipeline.Split{ID: "t/0"}
	next, err := h.log.Resume(h.t.Context(), h.split, committed)
	if err != nil {
		h.t.Fatal(err)
	}
	h.next = next
	return h
}

func (h *hand) write(first, next int64) error {
	b := batch(h.split, first, next, func(int64) bool { return true })
	defer b.Record.Release()
	if err := h.sink.Encode(h.t.Context(), b); err != nil {
		return err
	}
	return h.sink.Write(h.t.Context(), b)
}

// prepare writes the rows [first, next) and prepares them.
func (h *hand) prepare(first, next int64) *pipeline.Epoch {
	h.t.Helper()
	if err := h.write(first, next); err != nil {
		h.t.Fatal(err)
	}
	span := &pipeline.Span{Split: h.split, First: first, Next: next, Counts: pipeline.Counts{Read: next - first, Delivered: next - first}}
	h.sink.Cover([]*pipeline.Span{span})
	r, err := h.sink.Prepare(h.t.Context(), 1)
	if err != nil {
		h.t.Fatal(err)
	}
	return &pipeline.Epoch{Number: 1, Spans: []*pipeline.Span{span}, Receipts: map[string]pipeline.Receipt{"out": r}}
}

func (h *hand) record(e *pipeline.Epoch, stands bool) {
	h.t.Helper()
	fenced, err := h.log.Record(h.t.Context(), e)
	if err != nil || len(fenced) == 0 != stands {
		h.t.Fatalf("fenced %v, %v", fenced, err)
	}
}

func (h *hand) commit(e *pipeline.Epoch) {
	h.t.Helper()
	if err := h.sink.Commit(h.t.Context(), e.Receipts["out"]); err != nil {
		h.t.Fatal(err)
	}
}

func (h *hand) epoch(first, next int64) {
	h.t.Helper()
	e := h.prepare(first, next)
	h.record(e, true)
	h.commit(e)
}

// parts are the ranges of the visible parts.
func parts(d *pipelinetest.Disk) string {
	var all []string
	for _, path := range d.Files() {
		if filepath.Dir(path) == "/data/out" {
			var first, end int64
			_, _ = fmt.Sscanf(strings.TrimPrefix(filepath.Base(path), "t-0-"), "%020d-%020d.jsonl", &first, &end)
			all = append(all, fmt.Sprintf("%d-%d", first, end))
		}
	}
	return strings.Join(all, " ")
}

func hidden(d *pipelinetest.Disk) []string {
	return slices.DeleteFunc(d.Files(), func(path string) bool { return !strings.Contains(path, "/.winnow/") })
}

func want(t *testing.T, d *pipelinetest.Disk, visible string, left int) {
	t.Helper()
	if got := parts(d); got != visible || len(hidden(d)) != left {
		t.Errorf("visible %s, want %s; hidden %v, want %d", got, visible, hidden(d), left)
	}
}

func TestEntry(t *testing.T) {
	d := newDisk()
	h := newHand(t, d, false).resume(-1)
	if h.next != -1 {
		t.Errorf("a split without entries goes on at %d", h.next)
	}
	h.epoch(7, 12)
	dropped := &pipeline.Epoch{Number: 2, Spans: []*pipeline.Span{{
		Split: h.split, First: 12, Next: 20, Counts: pipeline.Counts{Read: 8, Dropped: 8},
	}}}
	h.record(dropped, true)
	want(t, d, "7-12", 0)
	var e commitlog.Entry
	if err := json.Unmarshal(d.Get("/data/out/_winnow/t/0/00000000000000000007.json"), &e); err != nil {
		t.Fatal(err)
	}
	part := e.Parts["out"]
	if e.First != 7 || e.End != 12 || e.Previous != -1 || e.Pipeline != "test" || e.Topic != "t" || e.Counts.Delivered != 5 ||
		part.Name != "t-0-00000000000000000007-00000000000000000012.jsonl" || part.Rows != 5 || part.Folder != ".." ||
		part.Bytes != int64(len(d.Get("/data/out/"+part.Name))) {
		t.Errorf("entry %+v", e)
	}
	if next := newHand(t, d, false).resume(3).next; next != 20 {
		t.Errorf("the next owner goes on at %d", next)
	}
}

// A zombie that prepared before the split was taken over can't record, and what it left is gone.
func TestZombieRecordsTooLate(t *testing.T) {
	d := newDisk()
	a := newHand(t, d, false).resume(-1)
	a.epoch(0, 10)
	void := a.prepare(10, 15)
	b := newHand(t, d, false).resume(-1)
	if b.next != 10 {
		t.Fatalf("goes on at %d", b.next)
	}
	want(t, d, "0-10", 0)
	a.record(void, false)
	a.commit(void)
	b.epoch(10, 20)
	a.record(void, false)
	want(t, d, "0-10 10-20", 0)
}

// A zombie that recorded before the split was taken over finds its parts renamed.
func TestZombieCommitsTooLate(t *testing.T) {
	d := newDisk()
	a := newHand(t, d, false).resume(-1)
	e := a.prepare(0, 10)
	a.record(e, true)
	want(t, d, "", 1)
	b := newHand(t, d, false).resume(-1)
	want(t, d, "0-10", 0)
	b.epoch(b.next, 12)
	a.commit(e)
	want(t, d, "0-10 10-12", 0)
	if err := a.write(10, 13); err == nil { // into a folder that it makes anew
		void := &pipeline.Epoch{Spans: []*pipeline.Span{{Split: a.split, First: 10, Next: 13}}}
		a.sink.Cover(void.Spans)
		r, err := a.sink.Prepare(t.Context(), 2)
		if err != nil {
			t.Fatal(err)
		}
		void.Receipts = map[string]pipeline.Receipt{"out": r}
		a.record(void, false)
		a.commit(void)
	} else if lost := (*pipeline.EpochError)(nil); !errors.As(err, &lost) {
		t.Fatal(err)
	}
	want(t, d, "0-10 10-12", 0)
}

// A zombie's first offset may have been compacted away: it still can't record.
func TestZombieAfterCompaction(t *testing.T) {
	d := newDisk()
	a := newHand(t, d, false).resume(-1)
	void := a.prepare(0, 10)
	b := newHand(t, d, false).resume(-1)
	for n := range int64(70) {
		b.epoch(n, n+1)
	}
	entries := 0
	for _, path := range d.Files() {
		if strings.HasSuffix(path, ".json") {
			entries++
		}
	}
	if entries < 2 || entries > 32 || d.Get("/data/out/_winnow/t/0/00000000000000000000.json") != nil {
		t.Errorf("%d entries", entries)
	}
	a.record(void, false)
	if next := newHand(t, d, false).resume(-1).next; next != 70 {
		t.Errorf("goes on at %d", next)
	}
}

// Of two that take over at the same time, one at most can record.
func TestTwoTakeOver(t *testing.T) {
	d := newDisk()
	a := newHand(t, d, false).resume(-1)
	b := newHand(t, d, false).resume(-1)
	e, f := a.prepare(0, 10), b.prepare(0, 20)
	a.record(e, false)
	b.record(f, true)
	a.commit(e)
	b.commit(f)
	want(t, d, "0-20", 0)
}

// A split that the same process gets anew while its epoch is being recorded is void, also before the old owner's folder is
// gone.
func TestTakenOverByItself(t *testing.T) {
	d := newDisk()
	a := newHand(t, d, false).resume(-1)
	e := a.prepare(0, 10)
	d.FailAt(d.Ops()+1, syscall.EIO)
	if _, err := a.log.Resume(t.Context(), &pipeline.Split{ID: "t/0"}, -1); !fault.Is(err, fault.StorageIO) {
		t.Fatal(err)
	}
	a.record(e, false)
	a.commit(e)
	want(t, d, "", 0)
}

// File systems without hard links do as well.
func TestWithoutHardLinks(t *testing.T) {
	d := newDisk()
	d.Hook(func(op pipelinetest.Op) error {
		if op.Kind == pipelinetest.OpLink {
			return syscall.ENOTSUP
		}
		return nil
	})
	a := newHand(t, d, false).resume(-1)
	a.epoch(0, 10)
	void := a.prepare(10, 15)
	b := newHand(t, d, false).resume(-1)
	a.record(void, false)
	a.commit(void)
	b.epoch(b.next, 20)
	want(t, d, "0-10 10-20", 0)
}

// liar is a network file system that reports a link that it has made as one that was there before.
type liar struct{ *pipelinetest.Disk }

func (l liar) Link(oldName, newName string) error {
	return errors.Join(l.Disk.Link(oldName, newName), syscall.EEXIST)
}

func TestLinkWasMade(t *testing.T) {
	d := newDisk()
	h := newHand(t, d, false)
	h.log = commitlog.New(commitlog.Config{Dir: "/data/out/_winnow", Pipeline: "test", FS: liar{d}})
	h.resume(-1)
	h.record(&pipeline.Epoch{Spans: []*pipeline.Span{{Split: h.split, First: 0, Next: 10}}}, true)
	if next := h.resume(-1).next; next != 10 {
		t.Errorf("goes on at %d", next)
	}
}

// Record is called again with an epoch of which it had entered a part.
func TestRecordAgain(t *testing.T) {
	for _, kind := range []pipelinetest.OpKind{pipelinetest.OpCreate, pipelinetest.OpWrite, pipelinetest.OpSync, pipelinetest.OpSyncDir} {
		d := newDisk()
		h := newHand(t, d, false)
		e := &pipeline.Epoch{Number: 1}
		for _, id := range []string{"t/0", "t/1", "t/2"} {
			s := &pipeline.Split{ID: id}
			if _, err := h.log.Resume(t.Context(), s, -1); err != nil {
				t.Fatal(err)
			}
			e.Spans = append(e.Spans, &pipeline.Span{Split: s, First: 0, Next: 5})
		}
		n := 0
		d.Hook(func(op pipelinetest.Op) error {
			if op.Kind == kind {
				if n++; n == 2 {
					return syscall.ENOSPC
				}
			}
			return nil
		})
		if _, err := h.log.Record(t.Context(), e); fault.FateOf(err) != fault.Transient {
			t.Fatalf("%s: %v", kind, err)
		}
		h.record(e, true)
	}
}

func TestSettle(t *testing.T) {
	d := newDisk()
	a := newHand(t, d, true).resume(-1)
	a.prepare(0, 10)
	b := newHand(t, d, true).resume(10) // a's transaction was committed
	want(t, d, "0-10", 0)
	b.prepare(10, 20)
	c := newHand(t, d, true).resume(10) // b's was aborted, as far as c knows
	want(t, d, "0-10", 1)
	if err := a.write(10, 12); err != nil { // a zombie
		t.Fatal(err)
	}
	e := c.prepare(10, 15)
	c.commit(e)
	want(t, d, "0-10 10-15", 0)
	late := b.prepare(10, 14) // another
	want(t, d, "0-10 10-15", 1)
	newHand(t, d, true).resume(15)
	want(t, d, "0-10 10-15", 0)
	b.commit(late) // nothing is left to rename
	want(t, d, "0-10 10-15", 0)
}

func TestDamagedLog(t *testing.T) {
	const dir = "/data/out/_winnow/t/0/"
	for name, c := range map[string]struct {
		change func(d *pipelinetest.Disk)
		code   *fault.Code
	}{
		"torn": {func(d *pipelinetest.Disk) { d.Put(dir+"00000000000000000020.json", []byte(`{"version":1`)) }, fault.StateDamaged},
		"an entry is missing": {func(d *pipelinetest.Disk) {
			if err := d.Remove(dir + "00000000000000000010.json"); err != nil {
				t.Fatal(err)
			}
		}, fault.StateDamaged},
		"renamed": {func(d *pipelinetest.Disk) {
			if err := d.Rename(dir+"00000000000000000020.json", dir+"00000000000000000021.json"); err != nil {
				t.Fatal(err)
			}
		}, fault.StateDamaged},
		"newer": {func(d *pipelinetest.Disk) {
			d.Put(dir+"00000000000000000020.json", []byte(`{"version":2,"first":20,"end":30}`))
		}, fault.StateNewer},
		"foreign": {func(d *pipelinetest.Disk) {
			old := d.Get(dir + "00000000000000000020.json")
			d.Put(dir+"00000000000000000020.json", []byte(strings.Replace(string(old), `"test"`, `"other"`, 1)))
		}, fault.StateForeign},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDisk()
			h := newHand(t, d, false).resume(-1)
			h.epoch(0, 10)
			h.epoch(10, 20)
			h.epoch(20, 30)
			c.change(d)
			_, err := newHand(t, d, false).log.Resume(t.Context(), &pipeline.Split{ID: "t/0"}, -1)
			if e, ok := fault.As(err); !ok || e.Code != c.code || e.Remedy() == "" || !strings.HasPrefix(e.Where.File, dir[:len(dir)-1]) {
				t.Errorf("%v", err)
			}
		})
	}
}

// A gap that the source skips is told by the entry; one that an epoch leaves to the one before it is not accepted backwards.
func TestGap(t *testing.T) {
	d := newDisk()
	h := newHand(t, d, false).resume(-1)
	h.epoch(0, 10)
	h.epoch(15, 20) // retention was faster
	if next := newHand(t, d, false).resume(-1).next; next != 20 {
		t.Errorf("goes on at %d", next)
	}
	h.resume(-1)
	if _, err := h.log.Record(t.Context(), h.prepare(12, 25)); !fault.Is(err, fault.RunUnbalanced) {
		t.Errorf("an overlap gave %v", err)
	}
}

// A file that stands where a part is to go is not replaced.
func TestForeignPart(t *testing.T) {
	d := newDisk()
	h := newHand(t, d, false).resume(-1)
	e := h.prepare(0, 10)
	const name = "/data/out/t-0-00000000000000000000-00000000000000000010.jsonl"
	d.Put(name, []byte("mine"))
	h.record(e, true)
	if err := h.sink.Commit(t.Context(), e.Receipts["out"]); !fault.Is(err, fault.OutputExists) {
		t.Errorf("it gave %v", err)
	}
	if string(d.Get(name)) != "mine" {
		t.Error("it was replaced")
	}
	if err := d.Remove(name); err != nil {
		t.Fatal(err)
	}
	newHand(t, d, false).resume(-1)
	want(t, d, "0-10", 0)
}

// Every operation fails once, with an error that may pass or with one that does not. Transient ones are tried again as the
// engine does; after others the next process goes on.
func TestFailedOperations(t *testing.T) {
	life := func(h *hand) error {
		h.split = &pipeline.Split{ID: "t/0"}
		next, err := h.log.Resume(t.Context(), h.split, -1)
		for next = max(next, 0); err == nil && next < 12; next += 4 {
			if err = h.write(next, next+4); err != nil {
				break
			}
			e := &pipeline.Epoch{Spans: []*pipeline.Span{{Split: h.split, First: next, Next: next + 4}}}
			h.sink.Cover(e.Spans)
			var r pipeline.Receipt
			if r, err = h.sink.Prepare(t.Context(), 1); err != nil {
				break
			}
			e.Receipts = map[string]pipeline.Receipt{"out": r}
			if _, err = h.log.Record(t.Context(), e); fault.FateOf(err) == fault.Transient {
				_, err = h.log.Record(t.Context(), e)
			}
			if err == nil {
				err = h.sink.Commit(t.Context(), r)
			}
		}
		if err != nil {
			return errors.Join(err, h.sink.Abort(t.Context()))
		}
		return nil
	}
	for _, cause := range []error{syscall.ENOSPC, syscall.EIO} {
		for n := int64(1); ; n++ {
			d := newDisk()
			h := newHand(t, d, false)
			begun := d.Ops()
			d.FailAt(begun+n, cause)
			err := life(h)
			if err == nil && d.Ops() < begun+n {
				break
			}
			if _, coded := fault.As(err); err != nil && !coded {
				t.Errorf("operation %d: an error without a code: %v", n, err)
			}
			for range 2 {
				if err := life(h); err != nil { // the same process joins again
					t.Fatalf("operation %d: %v", n, err)
				}
			}
			want(t, d, "0-4 4-8 8-12", 0)
			if t.Failed() {
				t.Fatalf("operation %d, %v", n, cause)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	l := commitlog.New(commitlog.Config{Dir: "/data/out/_winnow", FS: newDisk()})
	for _, id := range []string{"t", "t/x", "/1", "a/b/1", "t/-1"} {
		if _, err := l.Resume(t.Context(), &pipeline.Split{ID: id}, -1); err == nil {
			t.Errorf("the split %q was taken", id)
		}
	}
	newSink(t, l, "out")
	again := commitlog.SinkConfig{Name: "b", Folder: "/data/out/", New: func(string, disk.FS) (pipeline.Sink, error) {
		return pipelinetest.NewMemSink(), nil
	}}
	if _, err := l.Sink(again); !fault.Is(err, fault.ConfigField) {
		t.Errorf("a folder twice gave %v", err)
	}
	again.Folder = "/nowhere/out"
	s, err := l.Sink(again)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Open(t.Context(), pipeline.SinkOpen{}); !fault.Is(err, fault.OutputFolder) {
		t.Errorf("a folder that can't be made gave %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
