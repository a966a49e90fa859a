package expr

import (
	"context"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

var _ pipeline.Dropper = (*Filter)(nil)

// Filter drops the rows for which a condition is false. Needs compiles it, and comes before Process.
type Filter struct {
	code  Code
	in    *pipeline.Layout
	when  *condition
	masks sync.Pool // *[]bool
}

// NewFilter returns a filter by a condition, which is not looked at before Needs.
func NewFilter(code Code) *Filter {
	return &Filter{code: code, masks: sync.Pool{New: func() any { return new([]bool) }}}
}

// Needs compiles the condition for a layout and returns the columns that it reads.
func (f *Filter) Needs(in *pipeline.Layout) ([]arrow.Field, error) {
	when, err := newCondition(f.code, &scope{in: in})
	if err != nil {
		return nil, err
	}
	f.in, f.when = in, when
	return fields(when.columns), nil
}

// Drops implements pipeline.Dropper.
func (f *Filter) Drops() bool { return true }

// Process drops and kills rows.
func (f *Filter) Process(_ context.Context, b *pipeline.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	mask := f.masks.Get().(*[]bool)
	defer f.masks.Put(mask)
	keep := sized(mask, b.Len())
	f.when.eval(b, keep, b.Live, func(row int, err error) { kill(b, f.in, row, err) })
	for row, ok := range keep {
		if !ok && b.Live(row) {
			b.Drop(row)
		}
	}
	return nil
}

// kill sends a row to the dead letters with its place.
func kill(b *pipeline.Batch, in *pipeline.Layout, row int, err error) {
	if e, ok := fault.As(err); ok {
		w := PlaceOf(in, b, row)
		w.Field = e.Where.Field
		b.Kill(row, e.At(w))
	}
}

// sized makes a scratch mask n rows long.
func sized(mask *[]bool, n int) []bool {
	if cap(*mask) < n {
		*mask = make([]bool, n)
	}
	return (*mask)[:n]
}

var _ pipeline.Stage = (*Filter)(nil)
