package pipeline_test

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// BenchmarkBatches takes a stream of small batches through the engine: what it allocates is the engine's and its fakes'.
func BenchmarkBatches(b *testing.B) {
	const records = 20_000
	b.ReportAllocs()
	for b.Loop() {
		stream := pipelinetest.NewMemStream(1, records)
		p, err := pipeline.New(pipeline.Config{
			Source: stream, Classifier: &pipelinetest.FakeClassifier{}, Stages: []pipeline.Stage{&pipelinetest.TextStage{Column: "text"}},
			Sinks: []pipeline.NamedSink{{Name: "out", Sink: pipelinetest.NewMemSink()}}, Alloc: memory.NewGoAllocator(), Log: zerolog.Nop(),
			BatchRows: 10, Workers: 2,
		})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := p.Run(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
