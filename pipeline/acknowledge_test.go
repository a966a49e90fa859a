package pipeline_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// acknowledging is a stream of one batch whose commit is an acknowledgment. It logs what is called.
type acknowledging struct {
	*pipelinetest.MemSource
	log  *callLog
	sent bool
	next chan struct{} // closed by Commit of the batch
}

type callLog struct {
	mu    sync.Mutex
	calls []string // guarded by mu
}

func (l *callLog) add(call string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, call)
}

func (a *acknowledging) Guarantee() (pipeline.Guarantee, string) { return pipeline.AtLeastOnce, "test" }

func (a *acknowledging) Join(context.Context, pipeline.JoinOptions) (pipeline.Stream, error) {
	return a, nil
}

func (a *acknowledging) Next(ctx context.Context) (*pipeline.Batch, error) {
	if a.sent {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	a.sent = true
	build := array.NewRecordBuilder(memory.DefaultAllocator, offsetSchema)
	defer build.Release()
	build.Field(0).(*array.Int64Builder).AppendValues([]int64{0, 1, 2}, nil)
	b := &pipeline.Batch{Split: splitOfOne, Next: pipeline.Position{Offset: 3}, Record: build.NewRecordBatch(), Streamed: true}
	b.Kill(1, fault.New(fault.RecordJSON, "bad"))
	return b, nil
}

func (a *acknowledging) Observe(b *pipeline.Batch) {
	a.log.add("observe")
	if b.Live(1) || !b.Live(0) || len(b.Faults) != 1 {
		a.log.add("wrong fates")
	}
}

func (a *acknowledging) Acknowledges() {}

func (a *acknowledging) Commit(_ context.Context, e *pipeline.Epoch) (bool, error) {
	if len(e.Spans) == 1 && e.Spans[0].Next == 3 {
		a.log.add("acknowledge")
		close(a.next)
	}
	return true, nil
}

func (a *acknowledging) Held() []pipeline.Holding {
	return []pipeline.Holding{{Split: splitOfOne, High: -1}}
}

func (a *acknowledging) Close() error { return nil }

var (
	splitOfOne   = &pipeline.Split{ID: "one", End: -1}
	offsetSchema = arrow.NewSchema([]arrow.Field{{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64}}, nil)
)

// A stream that acknowledges does so after the sinks have committed: before, a crash could still undo what they hold.
func TestAcknowledgeComesLast(t *testing.T) {
	log := &callLog{}
	source := &acknowledging{MemSource: pipelinetest.NewMemSource(1, 0), log: log, next: make(chan struct{})}
	sink := pipelinetest.NewMemSink()
	sink.After = func(_ context.Context, c pipelinetest.Call) error {
		if c.Kind == "write" || c.Kind == "prepare" || c.Kind == "commit" {
			log.add(c.Kind)
		}
		return nil
	}
	p, err := pipeline.New(pipeline.Config{
		Source: source, Sinks: []pipeline.NamedSink{{Name: "memory", Sink: sink}}, DeadLetters: pipelinetest.NewMemSink(),
		Commit: pipeline.CommitCadence{Interval: time.Millisecond}, MaxErrorRate: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		<-source.next
		p.Drain()
	}()
	if _, err := p.Run(t.Context()); !fault.Is(err, fault.RunInterrupted) {
		t.Fatal(err)
	}
	if want := []string{"write", "observe", "prepare", "commit", "acknowledge"}; !slices.Equal(log.calls, want) {
		t.Errorf("called were %v, want %v", log.calls, want)
	}
}
