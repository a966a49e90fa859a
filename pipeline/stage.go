package pipeline

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
)

// Stage changes batches between source and sinks: filter, text, classification, routing. The engine's workers call
// Process from many goroutines at once, for each batch in the order of the stages, so a stage keeps what it needs for
// one batch in a pool. Single rows fail by Batch.Kill; an error is about the whole batch, and by its fate it is tried
// again (transient) or ends the pipeline.
type Stage interface {
	Process(ctx context.Context, b *Batch) error
	// Needs are the input columns that Process reads, as Projection.Columns has them.
	Needs(in *Layout) ([]arrow.Field, error)
}

// Dropper is the capability of a stage that drops rows by a rule: how many come through can't be known before.
type Dropper interface {
	Drops() bool
}
