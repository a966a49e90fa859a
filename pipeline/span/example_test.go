package span_test

import (
	"fmt"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/span"
)

// A tracer is given to a pipeline as Config.Tracer; the engine then calls it as here.
func ExampleNew() {
	spans := tracetest.NewInMemoryExporter()
	t := span.New(span.Config{
		Provider: sdk.NewTracerProvider(sdk.WithSyncer(spans)), Pipeline: "tickets", System: "kafka", Sample: 1,
	})
	now := time.Now()
	t.Batch(&pipeline.Batch{Split: &pipeline.Split{ID: "tickets/0"}}, &pipeline.Way{Read: now, Turn: now, Written: now}, nil)
	t.Epoch(pipeline.EpochEnd{Number: 1, Committed: true, Begun: now, Ended: now})
	for _, s := range spans.GetSpans() {
		fmt.Println(s.Name)
	}
	// Output:
	// write
	// commit
	// process tickets
}
