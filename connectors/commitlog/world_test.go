package commitlog_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/commitlog"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// world is a topic, the group that shares it, and the disk that all members write to. Its processes take turns: each
// of their operations on the disk is one, and who comes next is drawn. A process that is not drawn for long, while the
// group gives its splits to others, is a zombie.
type world struct {
	t             *testing.T
	rng           *rand.Rand
	disk          *pipelinetest.Disk
	transactional bool
	records       int64 // in each split
	splits        []string
	holder        map[string]*process // by split, who the group believes has it
	committed     map[string]int64    // by split, what the group remembers
	procs         []*process
	born          int
}

var errKilled = errors.New("killed")

func newWorld(t *testing.T, seed uint64, transactional bool) *world {
	w := &world{
		t: t, rng: rand.New(rand.NewPCG(seed, 7)), disk: pipelinetest.NewDisk(), transactional: transactional, records: 25,
		splits: []string{"t/0", "t/1", "t-1/0"}, holder: map[string]*process{}, committed: map[string]int64{},
	}
	for _, s := range w.splits {
		w.committed[s] = -1
	}
	w.disk.Put("/data/.keep", nil)
	return w
}

// process is one member: a small engine over a Log and its sinks.
type process struct {
	w         *world
	name      string
	turn      chan bool // true: go on; false: die
	yield     chan struct{}
	killed    bool
	over      bool
	log       *commitlog.Log
	out, dead *commitlog.Sink
	moved     bool // the group has taken or given splits
	onlyOnce  bool // read what there is, then end
}

// step waits for the process's turn.
func (p *process) step() error {
	p.yield <- struct{}{}
	if !<-p.turn {
		p.killed = true
		return errKilled
	}
	return nil
}

// spawn starts a process.
func (w *world) spawn() *process {
	w.born++
	p := &process{w: w, name: fmt.Sprintf("p%d", w.born), turn: make(chan bool), yield: make(chan struct{})}
	fsys := turns{p, w.disk}
	tokens := 0
	p.log = commitlog.New(commitlog.Config{
		Dir: "/data/out/_winnow", Pipeline: "test", FS: fsys, Transactional: w.transactional,
		Token: func() string { tokens++; return fmt.Sprintf("%s-%d", p.name, tokens) },
	})
	p.out, p.dead = newSink(w.t, p.log, "out"), newSink(w.t, p.log, "dead_letters")
	w.procs = append(w.procs, p)
	go func() {
		if <-p.turn {
			if err := p.run(); err != nil && !p.killed {
				w.t.Errorf("%s: %v", p.name, err)
			}
		}
		p.over = true
		close(p.yield)
	}()
	return p
}

func newSink(t testing.TB, l *commitlog.Log, name string) *commitlog.Sink {
	t.Helper()
	s, err := l.Sink(commitlog.SinkConfig{
		Name: name, Folder: "/data/" + strings.TrimSuffix(name, "_letters"), Ext: ".jsonl",
		New: func(path string, fsys disk.FS) (pipeline.Sink, error) {
			return &pipelinetest.DiskSink{FS: fsys, Path: path}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// advance gives a process one turn.
func (w *world) advance(p *process, alive bool) {
	if p.over {
		return
	}
	p.turn <- alive
	if _, open := <-p.yield; !open {
		w.procs = slices.DeleteFunc(w.procs, func(q *process) bool { return q == p })
	}
}

// kill ends a process at its next operation.
func (w *world) kill(p *process) {
	for s, h := range w.holder {
		if h == p {
			delete(w.holder, s)
		}
	}
	for !p.over {
		w.advance(p, false)
	}
}

// rebalance gives a split to somebody.
func (w *world) rebalance() {
	if len(w.procs) == 0 {
		return
	}
	s, p := w.splits[w.rng.IntN(len(w.splits))], w.procs[w.rng.IntN(len(w.procs))]
	if w.holder[s] == p {
		return
	}
	if old := w.holder[s]; old != nil && w.rng.IntN(2) == 0 { // else it is not told: a zombie
		old.moved = true
	}
	w.holder[s] = p
	p.moved = true
}

// run joins and reads until it is killed.
func (p *process) run() error {
	open := pipeline.SinkOpen{Input: &pipeline.Layout{Schema: arrow.NewSchema(nil, nil)}, Alloc: memory.NewGoAllocator()}
	for _, s := range []*commitlog.Sink{p.out, p.dead} {
		if err := s.Open(p.w.t.Context(), open); err != nil {
			return err
		}
	}
	for {
		done, err := p.member()
		var lost *pipeline.EpochError
		switch {
		case err == nil && done:
			return errors.Join(p.out.Close(), p.dead.Close())
		case errors.As(err, &lost) || fault.Is(err, fault.KafkaFenced) || err == nil:
		default:
			return err
		}
		for _, s := range []*commitlog.Sink{p.out, p.dead} {
			if err := s.Abort(p.w.t.Context()); err != nil {
				return err
			}
		}
		if err := p.step(); err != nil {
			return err
		}
	}
}

// member is one membership: it ends when the group moves splits and the process hears of it.
func (p *process) member() (done bool, err error) {
	p.moved = false
	next := map[*pipeline.Split]int64{}
	var held []*pipeline.Split
	for _, id := range p.w.splits {
		if p.w.holder[id] != p {
			continue
		}
		s := &pipeline.Split{ID: id, File: id}
		at, err := p.log.Resume(p.w.t.Context(), s, p.w.committed[id])
		if err != nil {
			return false, err
		}
		next[s] = max(at, 0)
		held = append(held, s)
	}
	for !p.moved {
		if err := p.step(); err != nil {
			return false, err
		}
		if p.onlyOnce && !slices.ContainsFunc(held, func(s *pipeline.Split) bool { return next[s] < p.w.records }) {
			return true, nil
		}
		if err := p.epoch(held, next); err != nil {
			return false, err
		}
	}
	return false, nil
}

// epoch reads a little of some splits and commits it, or aborts it and reads it again.
func (p *process) epoch(held []*pipeline.Split, next map[*pipeline.Split]int64) error {
	ctx, rng := p.w.t.Context(), p.w.rng
	e := &pipeline.Epoch{Receipts: map[string]pipeline.Receipt{}}
	for _, s := range held {
		if rng.IntN(4) == 0 || next[s] >= p.w.records {
			continue
		}
		span := &pipeline.Span{Split: s, First: next[s], Next: next[s]}
		for range 1 + rng.IntN(2) {
			n := min(span.Next+1+rng.Int64N(4), p.w.records)
			if n == span.Next {
				break
			}
			if err := p.write(s, span.Next, n); err != nil {
				return err
			}
			span.Next = n
		}
		e.Spans = append(e.Spans, span)
	}
	if len(e.Spans) == 0 {
		return nil
	}
	if rng.IntN(8) == 0 { // one that ends early: the same assignment goes on
		if rng.IntN(2) == 0 {
			if err := p.prepare(e); err != nil {
				return err
			}
		}
		if !p.w.transactional {
			return fault.New(fault.KafkaFenced, "an epoch that a sink could not prepare")
		}
		return errors.Join(p.out.Abort(ctx), p.dead.Abort(ctx))
	}
	if err := p.prepare(e); err != nil {
		return err
	}
	fenced, err := p.decide(e)
	if err != nil {
		return err
	}
	if err := errors.Join(p.out.Commit(ctx, e.Receipts["out"]), p.dead.Commit(ctx, e.Receipts["dead_letters"])); err != nil {
		return err
	}
	for _, sp := range e.Spans {
		next[sp.Split] = sp.Next
	}
	if len(fenced) > 0 {
		return fault.New(fault.KafkaFenced, "%s", fenced[0].ID)
	}
	return nil
}

func (p *process) prepare(e *pipeline.Epoch) (err error) {
	for _, s := range []struct {
		name string
		sink *commitlog.Sink
	}{{"out", p.out}, {"dead_letters", p.dead}} {
		s.sink.Cover(e.Spans)
		if e.Receipts[s.name], err = s.sink.Prepare(p.w.t.Context(), 1); err != nil {
			return err
		}
	}
	return nil
}

// decide commits the epoch in the log or in the source. Both may be done without the process hearing of it.
func (p *process) decide(e *pipeline.Epoch) ([]*pipeline.Split, error) {
	if err := p.step(); err != nil {
		return nil, err
	}
	if !p.w.transactional {
		fenced, err := p.log.Record(p.w.t.Context(), e)
		for _, s := range e.Spans {
			if err == nil && !slices.Contains(fenced, s.Split) && p.w.rng.IntN(2) == 0 {
				p.w.committed[s.Split.ID] = s.Next // for those who watch; nothing goes by it
			}
		}
		return fenced, err
	}
	for _, s := range e.Spans {
		if p.w.holder[s.Split.ID] != p || max(p.w.committed[s.Split.ID], 0) != s.First {
			return nil, fault.New(fault.KafkaFenced, "the group refuses the commit of %s", s.Split.ID)
		}
	}
	for _, s := range e.Spans {
		p.w.committed[s.Split.ID] = s.Next
	}
	if p.w.rng.IntN(8) == 0 {
		return nil, fault.New(fault.KafkaFenced, "the reply was lost")
	}
	return nil, p.step()
}

// The outcome of each offset: most are delivered, some are dead letters, some are dropped.
func outcome(offset int64) string {
	switch {
	case offset%5 == 3:
		return "dead"
	case offset%7 == 2 || offset >= 8 && offset < 13:
		return "dropped"
	default:
		return "out"
	}
}

// write gives the rows [first, next) to the sinks.
func (p *process) write(s *pipeline.Split, first, next int64) error {
	for _, sink := range []*commitlog.Sink{p.out, p.dead} {
		b := batch(s, first, next, func(o int64) bool { return outcome(o) == "out" == (sink == p.out) && outcome(o) != "dropped" })
		if b.Count() == 0 {
			continue
		}
		err := sink.Encode(p.w.t.Context(), b)
		if err == nil {
			err = sink.Write(p.w.t.Context(), b)
		}
		b.Record.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

var rowSchema = arrow.NewSchema([]arrow.Field{
	{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64}, {Name: "id", Type: arrow.BinaryTypes.String},
}, nil)

func rowID(split string, offset int64) string { return fmt.Sprintf("%s:%d", split, offset) }

// batch makes the rows [first, next) of a split, with those that keep says in view.
func batch(s *pipeline.Split, first, next int64, keep func(int64) bool) *pipeline.Batch {
	build := array.NewRecordBuilder(memory.NewGoAllocator(), rowSchema)
	defer build.Release()
	rows := []int32{}
	for o := first; o < next; o++ {
		build.Field(0).(*array.Int64Builder).Append(o)
		build.Field(1).(*array.StringBuilder).Append(rowID(s.ID, o))
		if keep(o) {
			rows = append(rows, int32(o-first))
		}
	}
	return &pipeline.Batch{
		Split: s, First: first, Next: pipeline.Position{Offset: next}, Streamed: true, Record: build.NewRecordBatch(), Rows: rows,
	}
}

// finish ends all processes, lets one read everything to its end, and another one take over from it.
func (w *world) finish() {
	for len(w.procs) > 0 {
		w.kill(w.procs[0])
	}
	for range 2 {
		p := w.spawn()
		p.onlyOnce = true
		for _, s := range w.splits {
			w.holder[s] = p
		}
		for turns := 0; !p.over; turns++ {
			w.advance(p, turns < 100_000)
		}
	}
}

// judge checks what is visible: every offset has one outcome, in order, and parts do not overlap.
func (w *world) judge() error {
	l := pipelinetest.NewLedger()
	for _, s := range w.splits {
		for o := range w.records {
			l.In(s, rowID(s, o))
			if outcome(o) == "dropped" {
				l.Drop(rowID(s, o))
			}
		}
	}
	var errs []error
	for _, name := range []string{"out", "dead"} {
		var ids []string
		ends := map[string]string{}
		for _, path := range w.disk.Files() {
			if filepath.Dir(path) != "/data/"+name {
				continue
			}
			found, err := pipelinetest.JSONL("id")(w.disk.Get(path))
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", path, err))
			}
			ids = append(ids, found...)
			base := strings.TrimSuffix(filepath.Base(path), ".jsonl")
			split, first, end := base[:len(base)-42], base[len(base)-41:len(base)-21], base[len(base)-20:]
			if ends[split] > first {
				errs = append(errs, fmt.Errorf("%s overlaps the part before it", path))
			}
			ends[split] = end
		}
		if name == "out" {
			l.Out(name, ids...)
		} else {
			l.Dead(ids...)
		}
	}
	for _, path := range w.disk.Files() {
		if strings.Contains(path, "/.winnow/") {
			errs = append(errs, fmt.Errorf("%s is left", path))
		}
	}
	return errors.Join(append(errs, l.Check())...)
}

// turns is the disk as a process sees it: each operation takes a turn.
type turns struct {
	p *process
	disk.FS
}

func (f turns) file(name string, open func(string) (disk.File, error)) (disk.File, error) {
	if err := f.p.step(); err != nil {
		return nil, err
	}
	h, err := open(name)
	if err != nil {
		return nil, err
	}
	return turnFile{f.p, h}, nil
}

func (f turns) Open(name string) (disk.File, error)   { return f.file(name, f.p.w.disk.Open) }
func (f turns) Create(name string) (disk.File, error) { return f.file(name, f.p.w.disk.Create) }
func (f turns) Append(name string) (disk.File, error) { return f.file(name, f.p.w.disk.Append) }

func (f turns) do(name string, op func(string) error) error {
	if err := f.p.step(); err != nil {
		return err
	}
	return op(name)
}

func (f turns) Rename(a, b string) error {
	return f.do(a, func(string) error { return f.p.w.disk.Rename(a, b) })
}

func (f turns) Link(a, b string) error {
	return f.do(a, func(string) error { return f.p.w.disk.Link(a, b) })
}
func (f turns) Remove(name string) error    { return f.do(name, f.p.w.disk.Remove) }
func (f turns) RemoveAll(name string) error { return f.do(name, f.p.w.disk.RemoveAll) }
func (f turns) MkdirAll(name string) error  { return f.do(name, f.p.w.disk.MkdirAll) }
func (f turns) SyncDir(name string) error   { return f.do(name, f.p.w.disk.SyncDir) }

func (f turns) Stat(name string) (fs.FileInfo, error) {
	if err := f.p.step(); err != nil {
		return nil, err
	}
	return f.p.w.disk.Stat(name)
}

func (f turns) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := f.p.step(); err != nil {
		return nil, err
	}
	return f.p.w.disk.ReadDir(name)
}

type turnFile struct {
	p *process
	disk.File
}

func (f turnFile) Write(b []byte) (int, error) {
	if err := f.p.step(); err != nil {
		return 0, err
	}
	return f.File.Write(b)
}

func (f turnFile) Sync() error {
	if err := f.p.step(); err != nil {
		return err
	}
	return f.File.Sync()
}
