package pipeline_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// holder is a sink whose Encode holds something until the batch is written or let go of. It fails for good at its third batch.
type holder struct {
	*pipelinetest.MemSink
	held, encoded atomic.Int32
	writes        int
}

type hold struct{ of *holder }

func (h hold) Release() { h.of.held.Add(-1) }

func (s *holder) Encode(_ context.Context, b *pipeline.Batch) error {
	s.held.Add(1)
	s.encoded.Add(1)
	b.Encoded = hold{s}
	return nil
}

func (s *holder) Write(ctx context.Context, b *pipeline.Batch) error {
	if s.writes++; s.writes == 3 {
		return fault.New(fault.OutputFolder, "it is gone")
	}
	if s.writes == 2 { // it keeps what it was given
		b.Encoded.(hold).Release()
		b.Encoded = nil
	}
	return s.MemSink.Write(ctx, b)
}

// TestEncodedIsReleased gives back what an Encode holds, of batches that are written, that fail, and that come too late.
func TestEncodedIsReleased(t *testing.T) {
	sink := &holder{MemSink: pipelinetest.NewMemSink()}
	p, err := pipeline.New(pipeline.Config{
		Source: pipelinetest.NewMemSource(2, 100), Sinks: []pipeline.NamedSink{{Name: "default", Sink: sink}}, BatchRows: 10, Workers: 4,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Run(t.Context()); !fault.Is(err, fault.OutputFolder) {
		t.Fatal(err)
	}
	if held, encoded := sink.held.Load(), sink.encoded.Load(); held != 0 || encoded < 3 {
		t.Errorf("%d of %d are held", held, encoded)
	}
}
