package wire

import (
	"testing"

	"github.com/winnow-stream/winnow/pipeline"
)

// partial is a sink of part files.
type partial struct {
	pipeline.Sink
	covered []*pipeline.Span
}

func (p *partial) Cover(spans []*pipeline.Span) { p.covered = spans }

// A sink that sees only some columns is told what an epoch covers all the same: its parts are named by it.
func TestKeeperPassesOnWhatConcernsParts(t *testing.T) {
	inner := new(partial)
	var k pipeline.Sink = &keeper{Sink: inner}
	k.(pipeline.SpanSink).Cover(make([]*pipeline.Span, 2))
	if len(inner.covered) != 2 {
		t.Errorf("told of %d spans", len(inner.covered))
	}
	(&keeper{Sink: discard{}}).Cover(nil) // one that does not want to know
}
