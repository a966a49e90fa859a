package wire

import (
	"context"

	"github.com/winnow-stream/winnow/pipeline"
)

// discard is a sink that keeps nothing: eval wants the count of rejected records alone.
type discard struct{}

var _ pipeline.Sink = discard{}

func (discard) Need(*pipeline.Layout) pipeline.Need            { return pipeline.Need{} }
func (discard) Open(context.Context, pipeline.SinkOpen) error  { return nil }
func (discard) Write(context.Context, *pipeline.Batch) error   { return nil }
func (discard) Commit(context.Context, pipeline.Receipt) error { return nil }
func (discard) Abort(context.Context) error                    { return nil }
func (discard) Close() error                                   { return nil }
func (discard) Describe() string                               { return "nowhere" }
func (discard) Guarantee() (pipeline.Guarantee, string) {
	return pipeline.AtMostOnce, "nothing is written"
}
func (discard) Prepare(context.Context, int64) (pipeline.Receipt, error) { return nil, nil }
