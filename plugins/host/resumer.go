package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/proto"
)

// Resumer is a Sink whose plugin keeps how far it has each split. It asks for that whenever a split comes to this process, or the
// plugin to another one, and sends only what the plugin does not have.
//
// Whether a commit without an answer came about is asked as well. An epoch that can't be committed goes back as a whole.
type Resumer struct {
	*Sink

	mu    sync.Mutex           // held during each call
	kept  map[string]position  // guarded by mu; by split
	taken map[string]bool      // guarded by mu; splits with records that are not committed
	void  *pipeline.EpochError // guarded by mu; why what was taken can't be committed any more; nil: it can
}

// position is how far the plugin has a split.
type position struct {
	next  int64    // -1: it has nothing of it
	owner *process // that has taken the split over
}

var (
	_ pipeline.Sink            = (*Resumer)(nil)
	_ pipeline.Resumer         = (*Resumer)(nil)
	_ pipeline.StreamGuarantor = (*Resumer)(nil)
)

// NewResumer is a sink that resumes, as one.
func NewResumer(s *Sink) *Resumer {
	return &Resumer{Sink: s, kept: make(map[string]position), taken: make(map[string]bool)}
}

// Guarantee is what the plugin says of itself.
func (r *Resumer) Guarantee() (pipeline.Guarantee, string) {
	return pipeline.ExactlyOnce, "the plugin " + r.cfg.Program.Name + " commits offsets with the records, as it says"
}

// StreamGuarantee is the same in a stream.
func (r *Resumer) StreamGuarantee() (pipeline.Guarantee, string) { return r.Guarantee() }

// Open opens the plugin's output.
func (r *Resumer) Open(ctx context.Context, o pipeline.SinkOpen) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget()
	return r.Sink.Open(ctx, o)
}

// forget lets go of everything that is known of the plugin.
func (r *Resumer) forget() {
	clear(r.kept)
	clear(r.taken)
	r.void = nil
}

// Resume has the plugin take a split over. What it holds of an earlier assignment of the split is void from then on, and the epoch
// with it.
func (r *Resumer) Resume(ctx context.Context, s *pipeline.Split) (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.taken[s.ID] {
		r.void = &pipeline.EpochError{Err: fault.New(fault.PluginFenced, "plugin %s: the split %s was assigned anew", r.cfg.Program.Name, s.ID)}
	}
	delete(r.kept, s.ID)
	return r.position(ctx, s.ID)
}

// position is how far the plugin has a split, which its process takes over where it has not. Callers hold mu.
func (r *Resumer) position(ctx context.Context, split string) (next int64, err error) {
	p, err := r.super.process(ctx, false)
	if err != nil {
		return 0, err
	}
	known, ok := r.kept[split]
	if ok && known.owner == p {
		return known.next, nil
	}
	err = r.lost(p, r.ask(ctx, p, "resume a split", func(ctx context.Context, c proto.SinkClient) (*proto.Error, error) {
		answer, err := c.Resume(ctx, &proto.ResumeRequest{Split: split})
		next = answer.GetNext()
		return answer.GetError(), err
	}))
	switch {
	case err != nil:
		return 0, err
	case next < -1:
		return 0, r.bad(fmt.Errorf("it has the split %s up to %d", shown(split), next))
	case ok && next < known.next:
		delete(r.kept, split)
		return 0, r.forgot(split, known.next, next)
	}
	r.kept[split] = position{next: next, owner: p}
	return next, nil
}

// forgot is the error of a plugin that has less of a split than it had. A stream goes back to what it has; the records of a bounded run
// that are committed don't come again.
func (r *Resumer) forgot(split string, had, has int64) error {
	format, args := "plugin %s: it had the records of %s below offset %d, and now has those below %d", []any{r.cfg.Program.Name, shown(split), had, max(has, 0)}
	if r.request.GetStream() {
		return &pipeline.EpochError{Err: fault.New(fault.PluginUnavailable, format, args...)}
	}
	return fault.New(fault.OutputGone, format, args...).WithFix("bring back what it had; or empty it, and start anew with --overwrite")
}

// Write has the plugin take those records of a batch that it does not have.
func (r *Resumer) Write(ctx context.Context, b *pipeline.Batch) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.void != nil {
		return r.void
	}
	if b.Count() == 0 {
		return nil
	}
	next, err := r.position(ctx, b.Split.ID)
	if err != nil {
		return err
	}
	if b.Next.Offset <= next {
		return nil
	}
	if b.First < next {
		if b = behind(b, next); b.Count() == 0 {
			return nil
		}
	}
	r.taken[b.Split.ID] = true
	return r.Sink.Write(ctx, b)
}

// behind is a batch with only those of its rows whose offset is not below next.
func behind(b *pipeline.Batch, next int64) *pipeline.Batch {
	view := *b
	view.Encoded = nil // of all rows
	offsets := b.Offsets()
	view.Rows = make([]int32, 0, b.Count())
	for i := range b.Count() {
		row := int32(i)
		if b.Rows != nil {
			row = b.Rows[i]
		}
		if offsets[row] >= next {
			view.Rows = append(view.Rows, row)
		}
	}
	return &view
}

// Cover notes what the next Prepare covers, beside what the plugin has.
func (r *Resumer) Cover(spans []*pipeline.Span) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spans = spans
}

// Prepare has the plugin commit what it took, with the offsets that it covers.
func (r *Resumer) Prepare(ctx context.Context, epoch int64) (pipeline.Receipt, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.void != nil {
		return nil, r.void
	}
	spans, err := r.ahead(ctx, r.spans)
	if err != nil {
		return nil, r.undecided(err)
	}
	if len(spans) == 0 { // nothing was taken that the plugin does not have
		return pipeline.Receipt("null"), nil
	}
	r.spans = spans
	receipt, err := r.Sink.Prepare(ctx, epoch)
	if err != nil {
		if err = r.undecided(err); !fault.Is(err, fault.PluginUnavailable) || !r.has(ctx, spans) {
			return nil, err
		}
		receipt = pipeline.Receipt("null") // it had committed, and the answer was lost
	}
	for _, s := range spans {
		known := r.kept[s.Split.ID]
		r.kept[s.Split.ID] = position{next: max(known.next, s.Next), owner: known.owner}
	}
	clear(r.taken)
	return receipt, nil
}

// ahead are the parts of spans that the plugin does not have, by offset.
func (r *Resumer) ahead(ctx context.Context, spans []*pipeline.Span) ([]*pipeline.Span, error) {
	var parts []*pipeline.Span
	for _, s := range spans {
		next, err := r.position(ctx, s.Split.ID)
		if err != nil {
			return nil, err
		}
		if s.Next > next {
			parts = append(parts, &pipeline.Span{Split: s.Split, First: max(s.First, next), Next: s.Next})
		}
	}
	slices.SortStableFunc(parts, func(a, b *pipeline.Span) int { return int(a.First - b.First) })
	return parts, nil
}

// has asks the plugin whether it has all of the spans. Callers hold mu.
func (r *Resumer) has(ctx context.Context, spans []*pipeline.Span) bool {
	for _, s := range spans {
		if next, err := r.position(ctx, s.Split.ID); err != nil || next < s.Next {
			return false
		}
	}
	return true
}

// undecided is the error of a commit that may have come about or not: what the plugin has is to be asked anew. Callers hold mu.
func (r *Resumer) undecided(err error) error {
	clear(r.kept)
	var lost *pipeline.EpochError
	if fault.FateOf(err) == fault.Transient && !errors.As(err, &lost) {
		return &pipeline.EpochError{Err: err}
	}
	return err
}

// Abort has the plugin undo what is not committed.
func (r *Resumer) Abort(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.Sink.Abort(ctx); err != nil {
		return err
	}
	clear(r.taken)
	r.void = nil
	return nil
}

// Commit finds everything done.
func (r *Resumer) Commit(context.Context, pipeline.Receipt) error { return nil }
