package http_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	connector "github.com/winnow-stream/winnow/connectors/http"
	"github.com/winnow-stream/winnow/pipeline"
)

// parents gathers what batches came by.
type parents struct{ all []pipeline.TraceParent }

func (p *parents) Batch(b *pipeline.Batch, _ *pipeline.Way, _ error) {
	p.all = append(p.all, b.Parents...)
}

func (*parents) Epoch(pipeline.EpochEnd) {}

// A request's trace context goes with each batch of its lines, where somebody wants it.
func TestTraceContext(t *testing.T) {
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for _, traced := range []bool{true, false} {
		p := &parents{}
		r := start(t, connector.SourceConfig{}, func(c *pipeline.Config) {
			c.BatchRows = 2
			if traced {
				c.Tracer = p
			}
		})
		r.post(t, records("traced", 3), "traceparent", parent, "tracestate", "a=1")
		r.post(t, records("other", 1))
		r.stop(t)
		var want []pipeline.TraceParent
		if traced { // two batches
			want = []pipeline.TraceParent{{Parent: parent, State: "a=1"}, {Parent: parent, State: "a=1"}}
		}
		if diff := cmp.Diff(want, p.all); diff != "" {
			t.Errorf("traced %v: %s", traced, diff)
		}
	}
}
