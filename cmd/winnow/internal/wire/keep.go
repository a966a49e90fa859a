package wire

import (
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/winnow-stream/winnow/pipeline"
)

// keeper shows a sink only some columns of the input, so that its records are made of these and the results.
type keeper struct {
	pipeline.Sink
	columns []string
	bad     error // a column that the input does not have; told by Open
}

var (
	_ pipeline.Encoder   = (*keeper)(nil)
	_ pipeline.Sealer    = (*keeper)(nil)
	_ pipeline.Describer = (*keeper)(nil)
	_ pipeline.Guarantor = (*keeper)(nil)
	_ pipeline.SpanSink  = (*keeper)(nil)
	_ pipeline.PartSink  = (*keeper)(nil)
)

// narrow is the layout with the kept columns alone. Records can't be passed on as they came.
func (k *keeper) narrow(in *pipeline.Layout) *pipeline.Layout {
	var fields []arrow.Field
	for _, name := range k.columns {
		f, err := in.Field(name)
		if err != nil && k.bad == nil {
			k.bad = err
		}
		if err == nil && !slices.ContainsFunc(fields, func(o arrow.Field) bool { return o.Name == f.Name }) {
			fields = append(fields, f)
		}
	}
	narrow := *in
	meta := in.Schema.Metadata()
	narrow.Schema = arrow.NewSchema(fields, &meta)
	narrow.Open, narrow.Raw = false, pipeline.RawNone
	return &narrow
}

// Need asks for the kept columns.
func (k *keeper) Need(in *pipeline.Layout) pipeline.Need {
	narrow := k.narrow(in)
	n := k.Sink.Need(narrow)
	if n.Columns {
		n.Columns, n.Fields = false, narrow.Schema.Fields()
	}
	return n
}

// Open refuses columns that the input does not have.
func (k *keeper) Open(ctx context.Context, o pipeline.SinkOpen) error {
	o.Input = k.narrow(o.Input)
	if k.bad != nil {
		return k.bad
	}
	return k.Sink.Open(ctx, o)
}

// Encode lets the sink encode, if it does.
func (k *keeper) Encode(ctx context.Context, b *pipeline.Batch) error {
	if e, ok := k.Sink.(pipeline.Encoder); ok {
		return e.Encode(ctx, b)
	}
	return nil
}

// Seal lets the sink seal, if it does.
func (k *keeper) Seal(ctx context.Context, r pipeline.Receipt) error {
	if s, ok := k.Sink.(pipeline.Sealer); ok {
		return s.Seal(ctx, r)
	}
	return nil
}

// Cover lets the sink name its output by the epoch, if it does.
func (k *keeper) Cover(spans []*pipeline.Span) {
	if s, ok := k.Sink.(pipeline.SpanSink); ok {
		s.Cover(spans)
	}
}

// Full is the sink's own answer.
func (k *keeper) Full() bool {
	s, ok := k.Sink.(pipeline.PartSink)
	return ok && s.Full()
}

// Describe is the sink's own description.
func (k *keeper) Describe() string {
	if d, ok := k.Sink.(pipeline.Describer); ok {
		return d.Describe()
	}
	return ""
}

// Guarantee is the sink's own.
func (k *keeper) Guarantee() (pipeline.Guarantee, string) {
	if g, ok := k.Sink.(pipeline.Guarantor); ok {
		return g.Guarantee()
	}
	return pipeline.ExactlyOnce, ""
}
