package pipeline

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/winnow-stream/winnow/pipeline/failpoint"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// settled is what the writer goes back to when an epoch is aborted.
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

// rewind forgets what came after the last commit, in the sinks too: it is going to be read again. The breaker remembers
// it: records that are rejected twice are no fewer.
func (w *writer) rewind(ctx context.Context) error {
	lost := len(w.ledger.spans) > 0
	w.ledger.rewind()
	w.ledger.counts, w.tally, w.sinks = w.settled.counts, w.settled.tally.clone(), cloneCounts(w.settled.sinks)
	w.dirty, w.pending = false, 0
	w.traceEpoch(false, time.Time{}, nil)
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
		if err := w.prepareEpoch(ctx, e); err != nil {
			return false, err
		}
	}
	failpoint.Hit("epoch.prepared")
	committed, fenced, err := w.decide(ctx, stream, e)
	if err != nil {
		return false, err
	}
	if !committed {
		return false, w.rewind(ctx)
	}
	failpoint.Hit("epoch.recorded")
	last := w.acknowledgedLast(stream)
	if !last { // it is decided, so the counts stand, whatever fails from here on: the next Resume finishes what is left
		w.settle()
	}
	err = w.commitSinks(ctx, e)
	if err == nil || !last {
		w.traceEpoch(true, begun, fenced)
	}
	if err != nil {
		return false, err
	}
	failpoint.Hit("epoch.done")
	if last {
		w.settle()
	}
	w.p.status.epochDone(w, len(e.Receipts) > 0, time.Since(begun))
	if w.recorded() || last {
		if err := w.tell(ctx, stream, e, fenced); err != nil {
			return false, err
		}
	}
	w.ledger.forget(stream.Held())
	return true, nil
}

// commitSinks makes what an epoch's sinks prepared final.
func (w *writer) commitSinks(ctx context.Context, e *Epoch) error {
	for _, s := range w.p.outputs() {
		if r, ok := e.Receipts[s.Name]; ok {
			if err := w.p.retry(ctx, "commit "+s.Name, func() error { return s.Sink.Commit(ctx, r) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// early is how a stream's writer ends epochs before the feed orders it to, because a sink is full: at once, so that the
// batches on their way behind that one belong to the next epoch.
type early struct {
	feed    *feed // which is told; nil: it asks behind each batch, so that the writer does nothing by itself
	order   int64 // the number of the feed's last order
	records int64 // that were read since, in epochs that are over
	aborted bool  // one of these was aborted
}

// full tells that a sink is.
func (w *writer) full() bool {
	for _, s := range w.parts {
		if s.Full() {
			return true
		}
	}
	return false
}

// endEarly ends the epoch and tells the feed.
func (w *writer) endEarly(ctx context.Context) error {
	w.early.records += w.pending
	committed, err := w.closeEpoch(ctx, w.early.feed.stream)
	if err != nil {
		return err
	}
	w.early.aborted = w.early.aborted || !committed
	w.early.feed.early.Store(&earlyEnd{order: w.early.order, records: w.early.records, at: time.Now()})
	return nil
}

// obey follows the feed's order to end the epoch.
func (w *writer) obey(ctx context.Context, end *epochEnd) error {
	if end.ifFull && !w.full() {
		end.done <- epochResult{open: true}
		return nil
	}
	committed, err := w.closeEpoch(ctx, end.stream)
	end.done <- epochResult{committed: committed && !w.early.aborted, err: err}
	w.early = early{feed: w.early.feed, order: end.number}
	return err
}

// closeEpoch is endEpoch, after which batches are void that were read before it went back.
func (w *writer) closeEpoch(ctx context.Context, stream Stream) (committed bool, err error) {
	committed, err = w.endEpoch(ctx, stream)
	if o, ok := stream.(Overlapper); ok && !committed {
		w.rewinds = o.Rewinds()
	}
	return committed, err
}

// recorded tells that a Recorder decides over epochs, rather than the stream.
func (w *writer) recorded() bool { return w.p.cfg.Recorder != nil && w.p.cfg.Recorder.Decides() }

// acknowledgedLast tells that what the sinks commit decides over the epoch, and that the stream only passes it on.
func (w *writer) acknowledgedLast(stream Stream) bool {
	_, ok := stream.(Acknowledger)
	return ok && !w.recorded()
}

// prepareEpoch makes an epoch's output durable. What a sink can't make durable is read again: nothing is retried here.
func (w *writer) prepareEpoch(ctx context.Context, e *Epoch) error {
	for _, s := range w.p.outputs() {
		if c, ok := s.Sink.(SpanSink); ok {
			c.Cover(e.Spans)
		}
		r, err := w.prepareOnce(ctx, s, e.Number)
		if err != nil {
			return err
		}
		e.Receipts[s.Name] = r
	}
	return nil
}

// decide commits the epoch where its checkpoint is kept.
func (w *writer) decide(ctx context.Context, stream Stream, e *Epoch) (committed bool, fenced []*Split, err error) {
	switch {
	case w.acknowledgedLast(stream):
		return true, nil, nil
	case !w.recorded():
		committed, err = stream.Commit(ctx, e)
		return committed, nil, err
	case len(e.Spans) == 0:
		return true, nil, nil
	default:
		fenced, err = w.record(ctx, e)
		return err == nil, fenced, err
	}
}

// tell lets the source know what was decided without it: for clients that wait, or who watch a group's offsets. Where
// that shows that this process has lost splits, it joins anew: they are to be read from where the log says.
func (w *writer) tell(ctx context.Context, stream Stream, e *Epoch, fenced []*Split) error {
	kept, err := stream.Commit(ctx, e)
	switch {
	case err != nil:
		return err
	case len(fenced) > 0:
		return fault.New(fault.KafkaFenced, "another process went on with %s", fenced[0].ID)
	case !kept:
		return fault.New(fault.KafkaFenced, "the source went back while its splits moved")
	default:
		return nil
	}
}

// record enters the epoch in the commit log. Splits that another process has gone on with are taken out of the counts.
func (w *writer) record(ctx context.Context, e *Epoch) (fenced []*Split, err error) {
	err = w.p.retry(ctx, "checkpoint", func() (err error) {
		fenced, err = w.p.cfg.Recorder.Record(ctx, e)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, s := range fenced {
		w.ledger.fence(s)
		w.p.cfg.Log.Warn().Str("split", s.ID).Msg("another process went on with the split: its part of the epoch is void")
	}
	e.Spans = slices.DeleteFunc(e.Spans, func(s *Span) bool { return slices.Contains(fenced, s.Split) })
	if len(fenced) > 0 {
		w.recount(e.Spans)
	}
	return fenced, nil
}

// recount makes the counts of rows and labels those of the last commit and of the spans that stand. The ledger has its own.
func (w *writer) recount(spans []*Span) {
	w.tally, w.sinks = w.settled.tally.clone(), cloneCounts(w.settled.sinks)
	for _, s := range spans {
		for sink, rows := range s.sinks {
			w.sinks[sink] += rows
		}
		if s.tally.Labels != nil {
			w.tally.Add(&s.tally)
		}
	}
}

// prepareOnce is prepare without retries.
func (w *writer) prepareOnce(ctx context.Context, s NamedSink, epoch int64) (r Receipt, err error) {
	defer recovered(&err, "sink "+s.Name)
	return s.Sink.Prepare(ctx, epoch)
}

// follow reads a stream until it ends. When the stream or a sink fails in a way that may pass, it goes back to the last
// commit and joins anew.
func (p *Pipeline) follow(ctx context.Context, w *writer) error {
	w.settle()
	for _, s := range p.outputs() {
		if part, ok := s.Sink.(PartSink); ok {
			w.parts = append(w.parts, part)
		}
	}
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
	stream, err := p.streamer.Join(ctx, JoinOptions{Want: p.plan.want, Resume: p.resume()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stream.Close()) }()
	w.rewinds = 0
	p.status.follow(stream)
	defer p.status.follow(nil)
	w.observer, _ = stream.(Observer)
	p.status.recovered()
	defer p.watchStall(ctx)()
	in := newFeed(p, stream, p.limitLeft(w), len(w.parts) > 0)
	w.early = early{}
	if !in.asks {
		w.early.feed = in
	}
	f := &flow{p: p, process: p.work, consume: w.consume, read: in.run}
	return f.run(ctx)
}
