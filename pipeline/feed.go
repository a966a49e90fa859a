package pipeline

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// feed reads a stream for the flow. It decides when an epoch ends: it then sends a task that makes the writer commit
// behind everything read before. It reads on when that is done, or, where the stream is an Overlapper, at once: then the
// next epoch's records are worked on, but not written, while the transaction ends.
//
// When a file is full only the writer knows. Where Next may be called while Commit runs, the writer ends that epoch by
// itself, and tells. Elsewhere, and before a limit, whose last batch is cut by what was committed, the feed asks the writer
// behind each batch and waits for the answer.
type feed struct {
	p        *Pipeline
	stream   Stream
	overlaps bool      // the stream is an Overlapper
	asks     bool      // whether a sink is full, behind each batch
	left     int64     // records until the limit; negative: no limit
	begun    time.Time // the epoch, as far as orders end it
	records  int64     // since then
	orders   int64     // to end an epoch
	ending   *epochEnd // an epoch whose commit was not waited for yet; nil: none

	early atomic.Pointer[earlyEnd] // the last epoch that the writer ended by itself; nil: none yet
}

// epochEnd is a task's order to commit; the writer answers on done.
type epochEnd struct {
	stream Stream
	number int64 // of the order; 0 with ifFull
	ifFull bool  // only if a sink is full
	done   chan epochResult
}

type epochResult struct {
	open      bool // no sink is full
	committed bool // and so were the epochs since the last order
	err       error
}

// earlyEnd is an epoch that the writer ended by itself.
type earlyEnd struct {
	order   int64 // the last one before it
	records int64 // between that and its end
	at      time.Time
}

// newFeed makes the feed of one membership. Parts tells that there are sinks that can be full.
func newFeed(p *Pipeline, stream Stream, left int64, parts bool) *feed {
	_, overlaps := stream.(Overlapper)
	return &feed{p: p, stream: stream, left: left, overlaps: overlaps, asks: parts && (!overlaps || left >= 0)}
}

// run reads until the stream's end, the limit or a drain, with an epoch ended behind the last record.
func (f *feed) run(ctx context.Context, send func(*task) error) error {
	f.restart(true)
	reading, stop := context.WithCancel(ctx)
	defer stop()
	go func() { // ends with reading
		select {
		case <-f.p.draining:
			stop()
		case <-reading.Done():
		}
	}()
	for {
		b, err := f.next(reading)
		switch {
		case err == nil:
			if err := f.emit(b, send); err != nil {
				return err
			}
		case f.p.isDraining():
			_, err := f.endEpoch(ctx, send, true)
			return errors.Join(err, errDrained)
		case ctx.Err() != nil:
			return ctx.Err()
		case atEnd(err):
			committed, err := f.endEpoch(ctx, send, true)
			if committed || err != nil {
				return err
			}
			continue
		case errors.Is(err, ErrReassigned):
			if _, err := f.endEpoch(ctx, send, true); err != nil {
				return err
			}
			continue
		case errors.Is(err, context.DeadlineExceeded):
		default:
			return err
		}
		begun, records := f.epoch()
		limited := f.left == 0
		switch {
		case limited || records >= f.p.cfg.Commit.Records || time.Since(begun) >= f.p.cfg.Commit.Interval:
			committed, err := f.endEpoch(ctx, send, !f.overlaps || f.left >= 0)
			if err != nil {
				return err
			}
			if limited && committed {
				return errLimit
			}
		case f.asks && err == nil:
			if err := f.endFull(ctx, send); err != nil {
				return err
			}
		}
	}
}

// epoch is when the epoch that is read was begun, and how many records it has so far. What was read behind the batch that
// ended one early belongs to it.
func (f *feed) epoch() (begun time.Time, records int64) {
	if e := f.early.Load(); e != nil && e.order == f.orders {
		return e.at, f.records - e.records
	}
	return f.begun, f.records
}

// restart begins an epoch. The records of one that was aborted count as unread again.
func (f *feed) restart(committed bool) {
	if !committed && f.left >= 0 {
		f.left += f.records
	}
	f.begun, f.records = time.Now(), 0
}

func (p *Pipeline) isDraining() bool {
	select {
	case <-p.draining:
		return true
	default:
		return false
	}
}

// next waits for credits and reads a batch against them, until the epoch is due.
func (f *feed) next(ctx context.Context) (*Batch, error) {
	begun, _ := f.epoch()
	ctx, cancel := context.WithDeadline(ctx, begun.Add(f.p.cfg.Commit.Interval))
	defer cancel()
	c := f.p.credits
	estimate := int64(f.p.plan.want.Bytes)
	if err := c.take(ctx, estimate, func() bool { return true }); err != nil {
		return nil, err
	}
	var cost int64
	defer func() { c.give(estimate - cost) }() // also when the stream panics
	b, err := f.stream.Next(ctx)
	if err != nil {
		return nil, err
	}
	b.cost = batchCost(b.Record)
	cost = b.cost
	b.flowing = true
	c.flow(b.cost)
	f.p.inFlight.Add(1)
	return b, nil
}

func (f *feed) emit(b *Batch, send func(*task) error) error {
	n := int64(b.Len())
	if f.left >= 0 {
		n = b.cut(f.left)
		f.left -= n
	}
	f.records += n
	return send(f.p.newTask(b))
}

// endEpoch makes the writer commit, and waits for that if it is asked to, else until the next time. Committed tells that
// everything that was read is: not only this epoch, but also the one before it, which was not waited for.
func (f *feed) endEpoch(ctx context.Context, send func(*task) error, wait bool) (committed bool, err error) {
	whole := true
	if f.ending != nil {
		r := f.outcome(ctx, f.ending)
		if r.err != nil {
			return false, r.err
		}
		whole, f.ending = r.committed, nil
	}
	f.orders++
	end := &epochEnd{stream: f.stream, number: f.orders, done: make(chan epochResult, 1)}
	if err := send(mark(task{epoch: end})); err != nil {
		return false, err
	}
	var r epochResult
	if wait {
		r = f.outcome(ctx, end)
	} else {
		f.ending = end
	}
	f.restart(r.committed)
	return r.committed && whole, r.err
}

// endFull makes the writer commit if a sink is full, and waits for its answer.
func (f *feed) endFull(ctx context.Context, send func(*task) error) error {
	end := &epochEnd{stream: f.stream, ifFull: true, done: make(chan epochResult, 1)}
	if err := send(mark(task{epoch: end})); err != nil {
		return err
	}
	r := f.outcome(ctx, end)
	if !r.open {
		f.restart(r.committed)
	}
	return r.err
}

func (f *feed) outcome(ctx context.Context, end *epochEnd) epochResult {
	select {
	case r := <-end.done:
		return r
	case <-ctx.Done():
		return epochResult{err: ctx.Err()}
	}
}
