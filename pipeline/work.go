package pipeline

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/winnow-stream/winnow/pipeline/failpoint"
)

// task is a batch on its way through the workers. done is closed when the batch is ready for the writer, or failed.
type task struct {
	b     *Batch
	split *Split    // set instead of b: the split's batches have all come
	epoch *epochEnd // set instead of b: a stream's epoch ends here
	tally batchTally
	err   error
	done  chan struct{}
}

// newTask wraps a batch for the workers. This is the moment from which on a reload does not concern it.
func (p *Pipeline) newTask(b *Batch) *task {
	b.gen = p.current.Load()
	p.begin(b)
	return &task{b: b, tally: batchTally{proto: b.gen.proto}, done: make(chan struct{})}
}

// mark is a task without a batch: it only passes through, in its turn.
func mark(t task) *task {
	t.done = make(chan struct{})
	close(t.done)
	return &t
}

// flow runs one pass over the input: read, workers, and consume, which gets every task in the order in which read sends
// it, on one goroutine, and owns its batch. process runs on the workers.
type flow struct {
	p *Pipeline
	// read reads the input and sends tasks. It is the only sender.
	read    func(ctx context.Context, send func(*task) error) error
	process func(ctx context.Context, t *task) error
	consume func(ctx context.Context, tasks <-chan *task) error
}

// run returns nil at the input's end, errLimit or errDrained when it ended early with everything read so far
// consumed, and any other error when something failed.
func (f *flow) run(ctx context.Context) error {
	workers := f.p.cfg.Workers
	work := make(chan *task, workers)
	ordered := make(chan *task, workers)
	g, gctx := errgroup.WithContext(ctx)
	var early error
	g.Go(func() error { // the only sender on both channels
		defer close(work)
		defer close(ordered)
		err := f.read(gctx, func(t *task) error { return f.send(gctx, t, work, ordered) })
		if errors.Is(err, errDrained) || errors.Is(err, errLimit) {
			early = err
			return nil
		}
		return err
	})
	for range workers {
		g.Go(func() error {
			for t := range work {
				t.err = f.guarded(gctx, t)
				close(t.done)
			}
			return nil
		})
	}
	g.Go(func() error {
		err := f.consume(gctx, ordered)
		return err
	})
	err := g.Wait()
	for t := range ordered { // left over after a failure
		if t.b != nil {
			f.p.discard(t.b)
		}
	}
	if err != nil { // P1: an early end with a failure is a failure, for what was read was not all consumed
		return err
	}
	return early
}

func (f *flow) send(ctx context.Context, t *task, work, ordered chan *task) error {
	select {
	case ordered <- t:
	case <-ctx.Done():
		if t.b != nil {
			f.p.discard(t.b)
		}
		return ctx.Err()
	}
	if t.b == nil {
		return nil
	}
	select {
	case work <- t:
		return nil
	case <-ctx.Done():
		t.err = ctx.Err()
		close(t.done)
		return ctx.Err()
	}
}

// guarded runs process under recover; once something has failed, batches only pass through.
func (f *flow) guarded(ctx context.Context, t *task) (err error) {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	defer recovered(&err, "a stage")
	return f.process(ctx, t)
}

// work takes a batch from the source to encoded rows for each sink.
func (p *Pipeline) work(ctx context.Context, t *task) error {
	b := t.b
	b.pass(wayBegun)
	if err := p.prepare(ctx, b); err != nil {
		return err
	}
	b.pass(wayDecoded)
	if l := b.gen.labeller; l != nil && b.Len() > 0 {
		begun := time.Now()
		if err := l.process(ctx, b, &t.tally); err != nil {
			return err
		}
		b.classified = time.Since(begun)
		b.pass(wayClassified)
	}
	if f := b.gen.phraser; f != nil && b.Len() > 0 {
		if err := f.process(ctx, b, &t.tally); err != nil {
			return err
		}
	}
	if f := b.gen.finder; f != nil && b.Len() > 0 {
		if err := f.process(ctx, b, &t.tally); err != nil {
			return err
		}
	}
	failpoint.Hit("batch.classified")
	if err := p.routeRows(ctx, b); err != nil {
		return err
	}
	if err := p.redact(ctx, b); err != nil {
		return err
	}
	for i, v := range b.views {
		if e, ok := p.cfg.Sinks[i].Sink.(Encoder); ok && v.Count() > 0 {
			if err := e.Encode(ctx, v); err != nil {
				return err
			}
		}
	}
	b.pass(wayEncoded)
	return nil
}

// routeRows makes a view of the batch for each sink.
func (p *Pipeline) routeRows(ctx context.Context, b *Batch) error {
	n := b.Len()
	b.views = make([]*Batch, len(p.cfg.Sinks))
	for i := range b.views {
		b.views[i] = &Batch{
			Split: b.Split, First: b.First, Next: b.Next, Record: b.Record, Result: b.Result,
			Labels: b.Labels, Confidence: b.Confidence, Reasons: b.Reasons,
		}
	}
	p.placeBare(b)
	if b.gen.router == nil {
		switch {
		case b.Fates == nil:
		case p.takesDead():
			b.views[0].Rows, b.views[0].Faults = rowsOf(b, Live, Bare, Dead), b.Faults
		default:
			b.views[0].Rows = rowsOf(b, Live, Bare)
		}
		for _, v := range b.views[1:] {
			v.Rows = []int32{}
		}
		return nil
	}
	scratch := p.dests.Get().(*[]int16)
	defer p.dests.Put(scratch)
	if cap(*scratch) < n {
		*scratch = make([]int16, n)
	}
	dest := (*scratch)[:n]
	if err := b.gen.router.Route(ctx, b, dest); err != nil {
		return err
	}
	for _, v := range b.views {
		v.Rows = make([]int32, 0, n)
	}
	for row, d := range dest {
		switch {
		case b.Fates != nil && b.Fates[row] == Bare:
			b.views[0].Rows = append(b.views[0].Rows, int32(row))
		case !b.Live(row):
		case d < 0:
			b.Drop(row)
		default:
			v := b.views[d]
			v.Rows = append(v.Rows, int32(row))
		}
	}
	return nil
}

// placeBare drops rows without a value where the first sink can't take them.
func (p *Pipeline) placeBare(b *Batch) {
	if s, ok := p.cfg.Sinks[0].Sink.(BareSink); ok && s.TakesBare() {
		return
	}
	for row, f := range b.Fates {
		if f == Bare {
			b.Drop(row)
		}
	}
}

// takesDead reports whether the first sink gets dead rows, too.
func (p *Pipeline) takesDead() bool {
	s, ok := p.cfg.Sinks[0].Sink.(DeadSink)
	return ok && s.TakesDead()
}

// rowsOf are the rows whose fate is one of some.
func rowsOf(b *Batch, fates ...Fate) []int32 {
	rows := make([]int32, 0, b.Len())
	for i, f := range b.Fates {
		if slices.Contains(fates, f) {
			rows = append(rows, int32(i))
		}
	}
	return rows
}

// discard releases a batch that will not be written.
func (p *Pipeline) discard(b *Batch) {
	b.releaseViews()
	if b.Record != nil {
		b.Record.Release()
		b.Record = nil
	}
	if b.Result != nil {
		b.Result.Release()
		b.Result = nil
	}
	if b.flowing {
		p.credits.done(b.cost)
	} else {
		p.credits.give(b.cost)
	}
	p.inFlight.Add(-1)
}

// scratchDests pools the routers' destination slices.
func scratchDests() *sync.Pool {
	return &sync.Pool{New: func() any { return new([]int16) }}
}
