package pipeline

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/winnow-stream/winnow/pipeline/failpoint"
)

// settled is what a stream's writer goes back to when an epoch is aborted.
type settled struct {
	counts Counts
	tally  Tally
	sinks  map[string]int64
}

func (w *writer) settle() {
	w.ledger.settle()
	w.settled = settled{counts: w.ledger.counts, tally: w.tally.clone(), sinks: cloneCounts(w.sinks)}
	w.dirty = false
}

// rewind forgets what came after the last commit, in the sinks too: it is going to be read again.
func (w *writer) rewind(ctx context.Context) error {
	lost := len(w.ledger.spans) > 0
	w.ledger.rewind()
	w.ledger.counts, w.tally, w.sinks = w.settled.counts, w.settled.tally.clone(), cloneCounts(w.settled.sinks)
	w.dirty, w.pending = false, 0
	for _, s := range w.p.outputs() {
		if err := w.p.retry(ctx, "abort "+s.Name, func() error { return s.Sink.Abort(ctx) }); err != nil {
			return err
		}
	}
	w.p.status.epochAborted(w, lost)
	return nil
}

// endEpoch commits what was read from a stream since the last commit. False without an error: it was aborted, and the
// stream goes back.
func (w *writer) endEpoch(ctx context.Context, stream Stream) (bool, error) {
	w.pending, w.last = 0, time.Now()
	begun := w.last
	failpoint.Hit("epoch.start")
	e := &Epoch{Number: w.epoch + 1, Spans: w.ledger.spanList(), Receipts: make(map[string]Receipt)}
	if len(e.Spans) > 0 {
		w.epoch++
		for _, s := range w.p.outputs() {
			r, err := w.prepareOnce(ctx, s, e.Number)
			if err != nil {
				return false, err
			}
			e.Receipts[s.Name] = r
		}
	}
	failpoint.Hit("epoch.prepared")
	var err error
	committed := true
	if w.p.cfg.Recorder != nil && len(e.Spans) > 0 {
		if err = w.record(ctx, e); err != nil {
			return false, err
		}
	} else if committed, err = stream.Commit(ctx, e); err != nil {
		return false, err
	}
	if !committed {
		return false, w.rewind(ctx)
	}
	failpoint.Hit("epoch.recorded")
	for _, s := range w.p.outputs() {
		if r, ok := e.Receipts[s.Name]; ok {
			if err := w.p.retry(ctx, "commit "+s.Name, func() error { return s.Sink.Commit(ctx, r) }); err != nil {
				return false, err
			}
		}
	}
	failpoint.Hit("epoch.done")
	if w.p.cfg.Recorder != nil { // for those who watch the group's lag; the log decides
		if _, err := stream.Commit(ctx, e); err != nil {
			return false, err
		}
	}
	w.settle()
	w.ledger.forget(stream.Held())
	w.p.status.epochDone(w, len(e.Receipts) > 0, time.Since(begun))
	return true, nil
}

// record enters the epoch in the commit log. Splits that another process has gone on with are taken out of the counts.
func (w *writer) record(ctx context.Context, e *Epoch) error {
	var fenced []*Split
	err := w.p.retry(ctx, "checkpoint", func() (err error) {
		fenced, err = w.p.cfg.Recorder.Record(ctx, e)
		return err
	})
	if err != nil {
		return err
	}
	for _, s := range fenced {
		w.ledger.fence(s)
		w.p.cfg.Log.Warn().Str("split", s.ID).Msg("another process went on with the split: its part of the epoch is void")
	}
	e.Spans = slices.DeleteFunc(e.Spans, func(s *Span) bool { return slices.Contains(fenced, s.Split) })
	return nil
}

// prepareOnce is prepare without retries: what a sink can't make durable is read again.
func (w *writer) prepareOnce(ctx context.Context, s NamedSink, epoch int64) (r Receipt, err error) {
	defer recovered(&err, "sink "+s.Name)
	return s.Sink.Prepare(ctx, epoch)
}

// follow reads a stream until it ends. When the stream or a sink fails in a way that may pass, it goes back to the last
// commit and joins anew.
func (p *Pipeline) follow(ctx context.Context, w *writer) error {
	w.settle()
	return p.retryWhile(ctx, opStream, func() (progress bool, err error) {
		before := w.ledger.counts.Read
		if err = p.member(ctx, w); err != nil && !errors.Is(err, errLimit) && !errors.Is(err, errDrained) {
			err = errors.Join(err, w.rewind(context.WithoutCancel(ctx)))
		}
		return w.ledger.counts.Read > before, err
	})
}

// member is one membership, from joining to its end.
func (p *Pipeline) member(ctx context.Context, w *writer) (err error) {
	defer recovered(&err, "the source")
	if p.isDraining() {
		return errDrained
	}
	o := JoinOptions{Want: p.plan.want}
	if p.cfg.Recorder != nil {
		o.Resume = p.cfg.Recorder.Resume
	}
	stream, err := p.streamer.Join(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stream.Close()) }()
	p.status.follow(stream)
	defer p.status.follow(nil)
	p.status.recovered()
	defer p.watchStall(ctx)()
	in := &feed{p: p, stream: stream, left: p.limitLeft(w)}
	f := &flow{p: p, process: p.work, consume: w.consume, read: in.run}
	return f.run(ctx)
}
