package pipeline

import (
	"context"
	"errors"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// firstPass feeds every text of the input to a refinement, in order, and keeps what it finds in the state.
func (p *Pipeline) firstPass(ctx context.Context, w *writer, refiner classify.Refiner) ([]byte, error) {
	p.status.phase(Refining)
	refinement := refiner.NewRefinement()
	want := p.plan.want
	in := p.intake(want, p.limitLeft(w))
	start := func(s *Split) Position { return Position{Offset: s.Start, Byte: -1} }
	f := &flow{
		p: p,
		read: func(ctx context.Context, send func(*task) error) error {
			return in.run(ctx, p.plan.Splits, start, send)
		},
		process: func(ctx context.Context, t *task) error { return p.prepare(ctx, t.b) },
		consume: func(ctx context.Context, tasks <-chan *task) error { return p.gather(ctx, tasks, refinement) },
	}
	if err := f.run(ctx); err != nil && !errors.Is(err, errLimit) {
		if errors.Is(err, errDrained) {
			return nil, p.interrupted(errDrained)
		}
		return nil, err
	}
	state, err := refinement.Finish(ctx)
	if err != nil {
		return nil, err
	}
	if p.refined, err = p.state.saveRefined(state); err != nil {
		return nil, err
	}
	return state, p.state.record(w.checkpoint(Running, p.lastReceipts))
}

func (p *Pipeline) gather(ctx context.Context, tasks <-chan *task, refinement classify.Refinement) error {
	for {
		var t *task
		var ok bool
		select {
		case t, ok = <-tasks:
		case <-ctx.Done():
			return ctx.Err()
		}
		if !ok {
			return nil
		}
		<-t.done
		if t.split != nil {
			continue
		}
		err := t.err
		if err == nil {
			err = addTexts(t.b, refinement)
		}
		p.discard(t.b)
		if err != nil {
			return err
		}
	}
}

func addTexts(b *Batch, refinement classify.Refinement) error {
	switch text := b.Column(ColText).(type) {
	case nil:
		return nil
	case *array.String:
		return refinement.Add(text)
	case *array.Dictionary:
		values, ok := text.Dictionary().(*array.String)
		if !ok {
			return fault.New(fault.Internal, "text dictionary of type %s", text.Dictionary().DataType())
		}
		plain := expand(text, values)
		defer plain.Release()
		return refinement.Add(plain)
	default:
		return fault.New(fault.Internal, "no text column to classify")
	}
}
