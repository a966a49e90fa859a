package pipeline

import (
	"context"
	"errors"
	"time"

	"github.com/winnow-stream/winnow/pipeline/failpoint"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// writer is the one goroutine that sees every batch in order: it hands rows to the sinks, enters outcomes in the
// ledger, and commits.
type writer struct {
	p       *Pipeline
	ledger  *ledger
	breaker breaker
	tally   Tally
	sinks   map[string]int64 // rows delivered, by sink
	epoch   int64
	pending int64 // records since the last commit
	dirty   bool  // something changed since the last commit
	last    time.Time
	settled settled // of a stream
	rewinds int64   // batches of the stream that were read before it went back so often are void

	rejected *fault.Error // one of the last records that were; nil: there was none yet
	observer Observer     // the stream that is followed, where it wants to know; else nil
	drift    drift        // of a stream
	parts    []PartSink   // of a stream
	early    early        // of the stream that is followed
}

// consume is the flow's last part.
func (w *writer) consume(ctx context.Context, tasks <-chan *task) error {
	w.last = time.Now()
	tick := time.NewTimer(w.p.cfg.Commit.Interval)
	defer tick.Stop()
	if w.p.streamer != nil { // the feed says when
		tick.Stop()
	}
	for {
		select {
		case t, ok := <-tasks:
			if !ok {
				return nil
			}
			if err := w.take(ctx, t); err != nil {
				return err
			}
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		if w.p.streamer != nil {
			continue
		}
		if due := w.last.Add(w.p.cfg.Commit.Interval); w.pending >= w.p.cfg.Commit.Records || !time.Now().Before(due) {
			if err := w.commit(ctx, Running); err != nil {
				return err
			}
			tick.Reset(w.p.cfg.Commit.Interval)
		}
	}
}

// take waits for a task and gives its rows their outcomes.
func (w *writer) take(ctx context.Context, t *task) error {
	select {
	case <-t.done:
	case <-ctx.Done():
		<-t.done // a worker still has it
	}
	if t.epoch != nil {
		return w.obey(ctx, t.epoch)
	}
	if t.split != nil {
		w.ledger.end(t.split)
		w.dirty = true
		w.p.status.splitDone(t.split)
		return nil
	}
	defer w.p.discard(t.b)
	if t.b.Rewinds < w.rewinds { // read before its epoch was aborted: it comes again
		return nil
	}
	err := t.err
	if err == nil {
		t.b.pass(wayTurn)
		err = w.write(ctx, t)
		t.b.pass(wayWritten)
	}
	w.traceBatch(t.b, err)
	if err == nil && w.early.feed != nil && w.full() {
		err = w.endEarly(ctx)
	}
	return err
}

func (w *writer) write(ctx context.Context, t *task) error {
	b := t.b
	counts := Counts{Read: int64(b.Len()), Blank: b.Blank}
	for i, v := range b.views {
		if v.Count() == 0 {
			continue
		}
		rows, err := w.deliver(ctx, w.p.cfg.Sinks[i], b, v)
		if err != nil {
			return err
		}
		counts.Delivered += rows
	}
	failpoint.Hit("batch.written")
	for _, f := range b.Fates {
		switch f {
		case Dead:
			counts.Dead++
		case Dropped:
			counts.Dropped++
		}
	}
	if counts.Dead > 0 {
		w.rejected = firstFault(b)
		if err := w.bury(ctx, b); err != nil {
			return err
		}
	}
	if err := w.ledger.record(b, counts); err != nil {
		return err
	}
	if w.observer != nil {
		w.observer.Observe(b)
	}
	if t.tally.tally.Labels != nil {
		w.tally.Add(&t.tally.tally)
		if b.Streamed && len(t.tally.tally.Labels) > 0 {
			w.drift.add(time.Now(), &t.tally.tally)
		}
		if w.recorded() {
			w.ledger.span(b).addTally(b.gen.proto, &t.tally.tally)
		}
	}
	w.tally.Tokens += b.Tokens
	w.pending += counts.Read
	w.dirty = true
	w.p.status.progress(w, b)
	w.p.taps.sample(b)
	return w.breaker.record(counts, w.rejected)
}

// deliver writes one sink's rows and returns how many of them it took, dead ones aside. Rows that it refused singly die.
func (w *writer) deliver(ctx context.Context, s NamedSink, b, v *Batch) (int64, error) {
	err := w.p.retryWrite(ctx, "write "+s.Name, s.Sink, func() (err error) {
		defer recovered(&err, "sink "+s.Name)
		return s.Sink.Write(ctx, v)
	})
	rows := int64(v.Count() - len(v.Faults))
	var single *RowErrors
	switch {
	case errors.As(err, &single):
		for _, f := range single.Rows {
			if b.Fates == nil || b.Fates[f.Row] != Dead {
				rows--
			}
			b.Kill(f.Row, f.Err)
		}
	case err != nil:
		return 0, err
	}
	w.sinks[s.Name] += rows
	if w.recorded() {
		w.ledger.span(b).addRows(s.Name, rows)
	}
	return rows, nil
}

// firstFault is why the first of a batch's dead rows is dead.
func firstFault(b *Batch) *fault.Error {
	f := b.Faults[0]
	for _, g := range b.Faults {
		if g.Row < f.Row {
			f = g
		}
	}
	return f.Err
}

// bury writes a batch's dead rows to the dead letters.
func (w *writer) bury(ctx context.Context, b *Batch) error {
	if w.p.cfg.DeadLetters == nil {
		return fault.New(fault.RunRow, "%w", w.rejected)
	}
	letters := w.p.deadLetters(b)
	defer letters.Record.Release()
	defer letters.releaseEncoded()
	return w.p.retryWrite(ctx, "write dead letters", w.p.cfg.DeadLetters, func() (err error) {
		defer recovered(&err, "the dead letters")
		if e, ok := w.p.cfg.DeadLetters.(Encoder); ok {
			letters.releaseEncoded() // of the last try
			if err := e.Encode(ctx, letters); err != nil {
				return err
			}
		}
		return w.p.cfg.DeadLetters.Write(ctx, letters)
	})
}
