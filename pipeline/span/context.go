package span

import (
	"context"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/winnow-stream/winnow/pipeline"
)

// Headers of W3C Trace Context (https://www.w3.org/TR/trace-context-1/).
const (
	headerParent = "traceparent"
	headerState  = "tracestate"
)

// headers are a batch's, by row. The zero value has none.
type headers struct {
	lists  *array.List
	names  *array.String
	values *array.Binary
}

func headersOf(b *pipeline.Batch) headers {
	lists, ok := b.Column(pipeline.ColHeaders).(*array.List)
	if !ok {
		return headers{}
	}
	pairs := lists.ListValues().(*array.Struct)
	return headers{lists: lists, names: pairs.Field(0).(*array.String), values: pairs.Field(1).(*array.Binary)}
}

// carried is what a row carries of a trace. It lies in the batch's column.
type carried struct{ parent, state string }

// of finds what a row carries. Of a header that is there twice the last counts, as with Kafka's lastHeader.
func (h headers) of(row int) (c carried) {
	if h.lists == nil || h.lists.IsNull(row) {
		return c
	}
	from, to := h.lists.ValueOffsets(row)
	for i := int(from); i < int(to); i++ {
		switch h.names.Value(i) {
		case headerParent:
			c.parent = h.values.ValueString(i)
		case headerState:
			c.state = h.values.ValueString(i)
		}
	}
	return c
}

// sampled tells by the last digit of the flags whether the context is sampled, as far as it is one.
func (c carried) sampled() bool {
	const at = len("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0")
	if len(c.parent) <= at {
		return false
	}
	switch c.parent[at] {
	case '1', '3', '5', '7', '9', 'b', 'd', 'f':
		return true
	default:
		return false
	}
}

// context is the trace context; not valid where there is none.
func (c carried) context() trace.SpanContext {
	return trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), c))
}

// Get, Set and Keys make it a carrier that is read only.
func (c carried) Get(key string) string {
	switch key {
	case headerParent:
		return c.parent
	case headerState:
		return strings.Clone(c.state) // the context keeps it
	default:
		return ""
	}
}

func (carried) Set(string, string) {}

func (carried) Keys() []string { return []string{headerParent, headerState} }
