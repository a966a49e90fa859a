package sdk

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/plugins/internal/frame"
	"github.com/winnow-stream/winnow/plugins/proto"
)

// shape is what a sink's batches are like.
type shape struct {
	schema *arrow.Schema // of messages
	own    *arrow.Schema // of the columns that are no results
	result *arrow.Schema // nil without results
}

// batch is a message's batch. Its owner lets go of it.
func (s *shape) batch(r *proto.WriteRequest, record arrow.RecordBatch) *pipeline.Batch {
	n, own := record.NumRows(), s.own.NumFields()
	b := &pipeline.Batch{
		Split: &pipeline.Split{ID: r.GetSplit(), File: r.GetSplit(), End: -1}, First: r.GetFirst(),
		Next: pipeline.Position{Offset: r.GetNext(), Byte: -1}, Record: array.NewRecordBatch(s.own, record.Columns()[:own], n),
	}
	if s.result != nil {
		b.Result = array.NewRecordBatch(s.result, record.Columns()[own:], n)
	}
	return b
}

// given is a batch for the sink, encoded where the sink does that.
type given struct {
	batch *pipeline.Batch
	err   error // of encoding it
}

// give encodes a batch.
func give(ctx context.Context, inner Sink, b *pipeline.Batch) *given {
	g := &given{batch: b}
	if e, ok := inner.(pipeline.Encoder); ok {
		g.err = e.Encode(ctx, b)
	}
	return g
}

// letGo frees what the batch holds.
func (g *given) letGo() {
	if r, ok := g.batch.Encoded.(pipeline.Releaser); ok {
		r.Release()
	}
	g.batch.Record.Release()
	if g.batch.Result != nil {
		g.batch.Result.Release()
	}
}

// ahead are the batches that came ahead of their Write, by number.
type ahead struct {
	mu      sync.Mutex
	batches map[uint64]*given // guarded by mu
}

func (a *ahead) put(seq uint64, g *given) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.batches == nil {
		a.batches = make(map[uint64]*given)
	}
	a.batches[seq] = g
}

// take returns a batch, which is the caller's from then on; nil where it is not there.
func (a *ahead) take(seq uint64) *given {
	a.mu.Lock()
	defer a.mu.Unlock()
	g := a.batches[seq]
	delete(a.batches, seq)
	return g
}

// Stage takes the batches of one stream, and encodes them, side by side with other streams and with Write.
func (s *sink) Stage(stream grpc.BidiStreamingServer[proto.WriteRequest, proto.StageResponse]) error {
	inner, shape := s.opened()
	if shape == nil {
		return status.Error(codes.FailedPrecondition, "it is not open")
	}
	in := frame.NewDecoder(shape.schema, memory.DefaultAllocator)
	defer in.Close()
	last := uint64(0)
	forget := func() {
		if g := s.ahead.take(last); g != nil { // winnow does not want it any more
			g.letGo()
		}
	}
	defer forget()
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		forget()
		record, err := in.Decode(request.GetBatch())
		if err != nil {
			return status.Error(codes.InvalidArgument, err.Error())
		}
		last = request.GetSeq()
		s.ahead.put(last, give(stream.Context(), inner, shape.batch(request, record)))
		if err := stream.Send(&proto.StageResponse{Seq: last}); err != nil {
			return err
		}
	}
}
