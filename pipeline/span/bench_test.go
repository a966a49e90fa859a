package span

import (
	"fmt"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// BenchmarkBatch looks through a full batch whose records have three headers each, and makes its spans.
func BenchmarkBatch(b *testing.B) {
	for _, every := range []int{0, 100, 1} {
		b.Run(fmt.Sprintf("sampled=1in%d", every), func(b *testing.B) {
			rows := make([][]header, 8192)
			for i := range rows {
				sampled := every > 0 && i%every == 0
				rows[i] = []header{{"id", "x"}, {"source", "y"}, {"traceparent", parent(i+1, sampled)}}
			}
			batch := batchOf(memory.DefaultAllocator, rows...)
			t := New(Config{Provider: sdk.NewTracerProvider(sdk.WithSampler(sdk.AlwaysSample())), Pipeline: "p", System: "kafka", Sample: 1})
			b.ReportAllocs()
			for b.Loop() {
				t.Batch(batch, way(), nil)
				t.Epoch(committed())
			}
		})
	}
}
