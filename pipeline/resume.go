package pipeline

import (
	"context"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Resumer is the capability of a sink that keeps how far it has each split, in one step with the records, as a table does whose
// rows and offsets are one transaction's. Whatever decides over the pipeline's progress, and however often records come again:
// the sink takes each of them once. It commits in Prepare, and Commit finds nothing left to do.
type Resumer interface {
	// Resume takes a split over for this sink, and returns the offset after what it has of it; -1 where it has nothing. From then
	// on Write passes over the records below that, which count as delivered, and what another sink took of the split and has not
	// committed yet never will be. It is called by the stream, at the same time as the sink's other methods; where it isn't, the
	// sink takes splits over by itself.
	Resume(ctx context.Context, s *Split) (next int64, err error)
}

// Seeker is the capability of a Streamer whose splits can be read from any offset that JoinOptions.Resume names, also from one
// before what was committed.
type Seeker interface {
	Seeks()
}

// resumers are the outputs that keep offsets, and whether all of them do.
func (p *Pipeline) resumers() (some []Resumer, all bool) {
	outputs := p.outputs()
	for _, s := range outputs {
		if r, ok := s.Sink.(Resumer); ok {
			some = append(some, r)
		}
	}
	return some, len(some) == len(outputs)
}

// resume is JoinOptions.Resume: it asks everybody who keeps offsets. Nil where nobody does.
func (p *Pipeline) resume() func(ctx context.Context, s *Split, committed int64) (int64, error) {
	sinks, all := p.resumers()
	recorder := p.cfg.Recorder
	if recorder == nil && len(sinks) == 0 {
		return nil
	}
	return func(ctx context.Context, s *Split, committed int64) (next int64, err error) {
		if next = committed; recorder != nil {
			if next, err = recorder.Resume(ctx, s, committed); err != nil {
				return 0, err
			}
		}
		least := int64(-1) // what every sink that keeps offsets has
		for i, r := range sinks {
			at, err := r.Resume(ctx, s)
			if err != nil {
				return 0, err
			}
			if at < 0 { // a sink that is new begins where the source does
				at = next
			}
			if i == 0 || at < least {
				least = at
			}
		}
		switch {
		case len(sinks) == 0, next < 0 && !all:
			return next, nil
		case all && recorder == nil:
			return least, nil
		default: // others need what comes after next, and pass over nothing
			return min(next, least), nil
		}
	}
}

// kept sees to it that the sinks which keep offsets have what a bounded run has committed. One that was emptied, or put back to an
// older copy, has lost records that would not come again.
func (w *writer) kept(ctx context.Context) error {
	for _, out := range w.p.outputs() {
		r, ok := out.Sink.(Resumer)
		if !ok {
			continue
		}
		for _, s := range w.p.plan.Splits {
			committed, ok := w.ledger.last[s.ID]
			if !ok {
				continue
			}
			var next int64
			if err := w.p.retry(ctx, "resume "+out.Name, func() (err error) {
				next, err = r.Resume(ctx, s)
				return err
			}); err != nil {
				return err
			}
			if next < committed {
				return fault.New(fault.OutputGone, "the sink %s (%s) has the records of %s below offset %d, and the run had committed those below %d: "+
					"it was emptied, or put back to an older copy", out.Name, describe(out.Sink), s.ID, max(next, s.Start), committed).
					WithFix("bring back what it had; or empty it, and start anew with --overwrite")
			}
		}
	}
	return nil
}
