package pipeline

import (
	"context"
	"errors"
	"io"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/winnow-stream/winnow/pipeline/failpoint"
)

// laneDepth is how many batches a split may be read ahead of the workers.
const laneDepth = 1

// intake reads the splits of a source that stays the same. Up to Workers of them are open at once, each by a goroutine
// of its own (a lane), but their batches come out in the order of the splits, so that the output has the order of the
// input.
type intake struct {
	p       *Pipeline
	want    Projection
	credits *credits
	turn    atomic.Int64 // index of the split whose batches come out now
	left    int64        // records until the limit; negative: no limit. Only merge uses it
}

// lane is one split being read.
type lane struct {
	split *Split
	index int64
	from  Position
	out   chan *Batch // closed by the lane when the split ended or failed
	err   error       // why it failed; read after out is closed
}

// run reads everything from the positions on and sends the batches in order, with a mark behind each split's last. It
// returns when all splits are read, send or a reader fails, or ctx ends.
func (in *intake) run(ctx context.Context, splits []*Split, from func(*Split) Position, send func(*task) error) error {
	lanes := make([]*lane, len(splits))
	for i, s := range splits {
		lanes[i] = &lane{split: s, index: int64(i), from: from(s), out: make(chan *Batch, laneDepth)}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	g, gctx := errgroup.WithContext(ctx)
	slots := make(chan struct{}, in.p.cfg.Workers)
	g.Go(func() error { // starts the lanes in order
		for _, l := range lanes {
			select {
			case slots <- struct{}{}:
			case <-gctx.Done():
				return gctx.Err()
			}
			g.Go(func() error {
				defer func() { <-slots }()
				l.err = in.readLane(gctx, l)
				close(l.out)
				return l.err
			})
		}
		return nil
	})
	err := in.merge(gctx, lanes, send)
	cancel()
	readErr := g.Wait()
	for _, l := range lanes { // what was read and is not wanted any more
		in.drain(l)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	if readErr != nil && !errors.Is(readErr, context.Canceled) {
		return readErr
	}
	return err
}

func (in *intake) drain(l *lane) {
	for {
		select {
		case b, ok := <-l.out:
			if !ok {
				return
			}
			in.p.discard(b)
		default:
			return
		}
	}
}

// merge takes the batches of one lane after another.
func (in *intake) merge(ctx context.Context, lanes []*lane, send func(*task) error) error {
	for _, l := range lanes {
		in.turn.Store(l.index)
		in.credits.wake()
		for {
			var b *Batch
			var ok bool
			select {
			case b, ok = <-l.out:
			case <-in.p.draining:
				return errDrained
			case <-ctx.Done():
				return ctx.Err()
			}
			if !ok {
				break
			}
			b.flowing = true
			in.credits.flow(b.cost)
			if in.left == 0 {
				in.p.discard(b)
				return errLimit
			}
			if in.left > 0 {
				in.left -= b.cut(in.left)
			}
			if err := send(in.p.newTask(b)); err != nil {
				return err
			}
		}
		if l.err != nil {
			return l.err
		}
		if err := send(mark(task{split: l.split})); err != nil {
			return err
		}
	}
	return nil
}

var (
	errDrained = errors.New("drained")
	errLimit   = errors.New("limit reached")
)

// readLane reads a split to its end. A reader that fails with a transient error is opened again where it stood.
func (in *intake) readLane(ctx context.Context, l *lane) error {
	if l.split.End >= 0 && l.from.Offset >= l.split.End {
		return nil
	}
	return in.p.retryWhile(ctx, "read", func() (bool, error) {
		before := l.from
		err := in.readFrom(ctx, l)
		return l.from != before, err
	})
}

func (in *intake) readFrom(ctx context.Context, l *lane) (err error) {
	defer recovered(&err, "the source")
	r, err := in.p.cfg.Source.Open(ctx, l.split, l.from, in.want)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	turn := func() bool { return in.turn.Load() >= l.index }
	for {
		b, err := in.readBatch(ctx, r, turn)
		if atEnd(err) {
			return nil
		}
		if err != nil {
			return err
		}
		next := b.Next // the batch is the engine's from here on
		select {
		case l.out <- b:
			l.from = next
		case <-ctx.Done():
			in.p.discard(b)
			return ctx.Err()
		}
	}
}

// readBatch waits for credits and reads a batch against them.
func (in *intake) readBatch(ctx context.Context, r Reader, turn func() bool) (*Batch, error) {
	estimate := int64(in.want.Bytes)
	if err := in.credits.take(ctx, estimate, turn); err != nil {
		return nil, err
	}
	var cost int64
	defer func() { in.credits.give(estimate - cost) }() // also when the reader panics
	b, err := r.Next(ctx)
	if err != nil {
		return nil, err
	}
	failpoint.Hit("batch.read")
	b.cost = batchCost(b.Record)
	cost = b.cost
	in.p.inFlight.Add(1)
	return b, nil
}

// batchCost is what a batch is charged for: its columns, and as much again for what the stages and sinks make of it.
func batchCost(rec arrow.RecordBatch) int64 {
	if rec == nil {
		return 0
	}
	var n int64
	for _, c := range rec.Columns() {
		for _, b := range c.Data().Buffers() {
			if b != nil {
				n += int64(b.Len())
			}
		}
	}
	return 2*n + 4096
}

// atEnd reports whether a reader or a stream came to its end. An error that wraps io.EOF, such as that of a connection that
// broke off, is no end: what is behind it would be lost.
func atEnd(err error) bool { return err == io.EOF }
