package pipeline

import (
	"context"
	"time"

	"github.com/winnow-stream/winnow/pipeline/failpoint"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// deadLettersName is the dead letters' name among the sinks of a checkpoint.
const deadLettersName = "dead_letters"

// commit ends an epoch: every sink prepares, the checkpoint is recorded, every sink commits. Sealing and Completed are
// the phases of a bounded run's end; they are recorded even if nothing has changed.
func (w *writer) commit(ctx context.Context, phase Phase) error {
	w.pending, w.last = 0, time.Now()
	begun := w.last
	if !w.dirty && phase == Running {
		return nil
	}
	failpoint.Hit("commit.start")
	w.epoch++
	receipts := make(map[string]Receipt, len(w.p.cfg.Sinks)+1)
	for _, s := range w.p.outputs() {
		if c, ok := s.Sink.(SpanSink); ok {
			c.Cover(w.ledger.spanList())
		}
		r, err := w.prepare(ctx, s)
		if err != nil {
			return err
		}
		receipts[s.Name] = r
	}
	failpoint.Hit("commit.prepared")
	cp := w.checkpoint(phase, receipts)
	if err := w.p.retry(ctx, "checkpoint", func() error { return w.p.state.record(cp) }); err != nil {
		return err
	}
	w.settle()
	failpoint.Hit("commit.recorded")
	for _, s := range w.p.outputs() {
		if err := w.p.retry(ctx, "commit "+s.Name, func() error { return s.Sink.Commit(ctx, receipts[s.Name]) }); err != nil {
			return err
		}
	}
	failpoint.Hit("commit.done")
	w.traceEpoch(true, begun, nil)
	w.p.status.committed(w, cp, time.Since(begun))
	return nil
}

func (w *writer) prepare(ctx context.Context, s NamedSink) (r Receipt, err error) {
	err = w.p.retry(ctx, "prepare "+s.Name, func() (err error) {
		defer recovered(&err, "sink "+s.Name)
		r, err = s.Sink.Prepare(ctx, w.epoch)
		return err
	})
	return r, err
}

func (w *writer) checkpoint(phase Phase, receipts map[string]Receipt) *checkpoint {
	next := make(map[string]Position, len(w.ledger.open))
	for id, p := range w.ledger.open {
		next[id] = p
	}
	return &checkpoint{
		RunID: w.p.runID, Epoch: w.epoch, Phase: phase, Done: w.ledger.done, Next: next, Counts: w.ledger.counts,
		Sinks: w.sinks, Tally: w.tally, Receipts: receipts, Refined: w.p.refined,
		Last: w.ledger.reached(),
	}
}

// balance checks the counts of an input that was read to its end.
func (w *writer) balance() error {
	c := w.ledger.counts
	switch {
	case !c.Balanced(): // P1
		return fault.New(fault.RunUnbalanced, "read %d, delivered %d, dead %d, dropped %d", c.Read, c.Delivered, c.Dead, c.Dropped)
	case c.Read > 0 && c.Dead == c.Read && !w.p.cfg.AllowRejected:
		return fault.New(fault.RunRejected, "all %d records were rejected%s", c.Read, forOne(w.rejected))
	default:
		return nil
	}
}

// seal publishes a bounded run's outputs. The decision is recorded first, so that a crash in between is finished by
// the next start, whatever was renamed already.
func (w *writer) seal(ctx context.Context) error {
	w.p.status.phase(Sealing)
	if err := w.balance(); err != nil {
		return err
	}
	if err := w.commit(ctx, Sealing); err != nil {
		return err
	}
	failpoint.Hit("seal.recorded")
	return w.p.publish(ctx, w.p.lastReceipts, func() error {
		cp := w.checkpoint(Completed, w.p.lastReceipts)
		cp.Epoch++
		return w.p.state.record(cp)
	})
}

// publish makes the outputs visible, one after another, then records that it is done.
func (p *Pipeline) publish(ctx context.Context, receipts map[string]Receipt, record func() error) error {
	for _, s := range p.outputs() {
		sealer, ok := s.Sink.(Sealer)
		if !ok {
			continue
		}
		if err := p.retry(ctx, "seal "+s.Name, func() error { return sealer.Seal(ctx, receipts[s.Name]) }); err != nil {
			return err
		}
		failpoint.Hit("seal.sink")
	}
	if err := p.retry(ctx, "checkpoint", record); err != nil {
		return err
	}
	failpoint.Hit("seal.done")
	return nil
}

// outputs are the sinks and the dead letters, in the order in which they commit.
func (p *Pipeline) outputs() []NamedSink {
	if p.cfg.DeadLetters == nil {
		return p.cfg.Sinks
	}
	return append(p.cfg.Sinks[:len(p.cfg.Sinks):len(p.cfg.Sinks)], NamedSink{Name: deadLettersName, Sink: p.cfg.DeadLetters})
}
