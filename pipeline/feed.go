package pipeline

import (
	"context"
	"errors"
	"io"
	"time"
)

// feed reads a stream for the flow. It decides when an epoch ends: it then sends a task that makes the writer commit
// behind everything read before. It reads on when that is done, or, where the stream is an Overlapper, at once: then the
// next epoch's records are worked on, but not written, while the transaction ends.
type feed struct {
	p       *Pipeline
	stream  Stream
	left    int64     // records until the limit; negative: no limit
	begun   time.Time // the epoch
	records int64     // in the epoch
	ending  *epochEnd // an epoch whose commit was not waited for yet; nil: none
}

// epochEnd is a task's order to commit; the writer answers on done.
type epochEnd struct {
	stream Stream
	done   chan epochResult
}

type epochResult struct {
	committed bool
	err       error
}

// run reads until the stream's end, the limit or a drain, with an epoch ended behind the last record.
func (f *feed) run(ctx context.Context, send func(*task) error) error {
	f.begun = time.Now()
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
		case errors.Is(err, io.EOF):
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
		limited := f.left == 0
		if limited || f.records >= f.p.cfg.Commit.Records || time.Since(f.begun) >= f.p.cfg.Commit.Interval {
			_, overlaps := f.stream.(Overlapper)
			committed, err := f.endEpoch(ctx, send, !overlaps || f.left >= 0)
			if err != nil {
				return err
			}
			if limited && committed {
				return errLimit
			}
		}
	}
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
	ctx, cancel := context.WithDeadline(ctx, f.begun.Add(f.p.cfg.Commit.Interval))
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

// endEpoch makes the writer commit, and waits for that if it is asked to, else until the next time. An aborted epoch's
// records count as unread again. Committed tells that everything that was read is: not only this epoch, but also the one
// before it, which was not waited for.
func (f *feed) endEpoch(ctx context.Context, send func(*task) error, wait bool) (committed bool, err error) {
	whole := true
	if f.ending != nil {
		if whole, err = f.outcome(ctx, f.ending); err != nil {
			return false, err
		}
		f.ending = nil
	}
	end := &epochEnd{stream: f.stream, done: make(chan epochResult, 1)}
	if err := send(mark(task{epoch: end})); err != nil {
		return false, err
	}
	if wait {
		if committed, err = f.outcome(ctx, end); !committed && f.left >= 0 {
			f.left += f.records
		}
	} else {
		f.ending = end
	}
	f.begun, f.records = time.Now(), 0
	return committed && whole, err
}

func (f *feed) outcome(ctx context.Context, end *epochEnd) (committed bool, err error) {
	select {
	case r := <-end.done:
		return r.committed, r.err
	case <-ctx.Done():
		return false, ctx.Err()
	}
}
