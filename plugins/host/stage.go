package host

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"google.golang.org/grpc"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/internal/delivery"
	"github.com/winnow-stream/winnow/plugins/internal/frame"
	"github.com/winnow-stream/winnow/plugins/proto"
)

// stages are the streams on which a sink gets batches ahead of their Write: while one is written, it reads and converts others.
// They are safe for concurrent use.
type stages struct {
	mu   sync.Mutex
	seq  uint64   // guarded by mu: of the last batch, over all streams
	open int      // guarded by mu
	idle []*stage // guarded by mu: open, without a batch
}

// stage is one stream. It takes one batch at a time.
type stage struct {
	process *process
	stream  grpc.BidiStreamingClient[proto.WriteRequest, proto.StageResponse]
	cancel  context.CancelFunc
	batches *frame.Encoder
}

// staged is a batch that was sent ahead: what Encode makes of one.
type staged struct {
	stages *stages
	stage  *stage
	seq    uint64
}

var _ pipeline.Releaser = (*staged)(nil)

// take returns a stream to a process, and the number of the batch that it is for; nil where as many are in use as may be, or none
// can be opened.
func (a *stages) take(p *process, schema *arrow.Schema, alloc memory.Allocator) *staged {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seq++
	for n := len(a.idle); n > 0; n = len(a.idle) {
		s := a.idle[n-1]
		a.idle = a.idle[:n-1]
		if s.process == p {
			return &staged{a, s, a.seq}
		}
		a.shut(s)
	}
	if a.open == maxStages {
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	stream, err := proto.NewSinkClient(p.conn).Stage(ctx)
	if err != nil { // Write finds out why
		cancel()
		return nil
	}
	a.open++
	return &staged{a, &stage{process: p, stream: stream, cancel: cancel, batches: frame.NewEncoder(schema, alloc, p.region)}, a.seq}
}

// shut closes a stream. Callers hold mu.
func (a *stages) shut(s *stage) {
	s.cancel()
	_ = s.batches.Close() // nobody reads the end of the stream
	a.open--
}

// rest closes the streams that have no batch.
func (a *stages) rest() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.idle {
		a.shut(s)
	}
	a.idle = nil
}

// Release gives up a batch that is not going to be written, and its stream: the plugin may still be at work on it.
func (b *staged) Release() {
	b.stages.mu.Lock()
	defer b.stages.mu.Unlock()
	b.stages.shut(b.stage)
}

// done takes a stream back when its batch was written.
func (a *stages) done(s *stage) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.idle = append(a.idle, s)
}

// watch ends the process when it takes longer than a timeout, and the stream when ctx ends, until the result is called.
func (s *stage) watch(ctx context.Context, timeout time.Duration) (stop func()) {
	hang, cut := time.AfterFunc(timeout, s.process.hang), context.AfterFunc(ctx, s.cancel)
	return func() {
		hang.Stop()
		cut()
	}
}

// send sends a batch, and does not wait for the plugin to be ready.
func (b *staged) send(ctx context.Context, of *pipeline.Batch, record arrow.RecordBatch, timeout time.Duration) error {
	message, shared, err := b.stage.batches.Encode(record)
	if err != nil {
		return err
	}
	defer b.stage.watch(ctx, timeout)()
	return b.stage.stream.Send(&proto.WriteRequest{
		Seq: b.seq, Split: of.Split.ID, First: of.First, Next: of.Next.Offset, Batch: message, Shared: shared,
	})
}

// ready waits until the plugin could write the batch, and tells whether it can: its process may have ended, or not want it.
func (b *staged) ready(ctx context.Context, s *Sink) (bool, error) {
	defer b.stage.watch(ctx, s.cfg.CallTimeout)()
	r, err := b.stage.stream.Recv()
	if err == nil && r.GetSeq() != b.seq {
		return false, s.bad(errors.New("it is ready for another batch than it was sent"))
	}
	return err == nil, ctx.Err()
}

// Encode sends a batch to the plugin ahead of its Write, where the plugin takes such and the batch fits into one message. What goes
// wrong is left to Write, which sends it then.
func (s *Sink) Encode(ctx context.Context, b *pipeline.Batch) error {
	p := s.super.running()
	if !s.about.GetStages() || p == nil || b.Count() == 0 {
		return nil
	}
	record, err := delivery.Batch(b, s.schema, s.results, s.alloc)
	if err != nil {
		return fault.New(fault.Internal, "%w", err)
	}
	defer record.Release()
	if rowsAMessage(record) < record.NumRows() {
		return nil
	}
	ahead := s.stages.take(p, s.schema, s.alloc)
	if ahead == nil {
		return nil
	}
	if err := ahead.send(ctx, b, record, s.cfg.CallTimeout); err != nil {
		ahead.Release()
		return nil
	}
	b.Encoded = ahead
	return nil
}

// ahead has the plugin write the batch that it was sent before. It returns nil where there is none, or it is lost.
func (d *delivering) ahead(ctx context.Context) (*proto.WriteResponse, error) {
	s := d.sink
	b, ok := d.batch.Encoded.(*staged)
	if !ok {
		return nil, nil
	}
	d.batch.Encoded = nil
	r, err := d.writeStaged(ctx, b)
	if r == nil {
		b.Release()
		return nil, err
	}
	s.stages.done(b.stage)
	return r, nil
}

func (d *delivering) writeStaged(ctx context.Context, b *staged) (*proto.WriteResponse, error) {
	w, err := d.sink.openWrites(ctx)
	if err != nil || b.stages != &d.sink.stages || b.stage.process != w.process {
		return nil, err
	}
	if ready, err := b.ready(ctx, d.sink); !ready {
		return nil, err
	}
	return d.exchange(ctx, w, &proto.WriteRequest{
		Split: d.batch.Split.ID, First: d.batch.First, Next: d.batch.Next.Offset, Staged: b.seq,
	})
}
