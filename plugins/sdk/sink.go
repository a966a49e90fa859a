package sdk

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/internal/delivery"
	"github.com/winnow-stream/winnow/plugins/internal/frame"
	"github.com/winnow-stream/winnow/plugins/proto"
)

// Sink is the least that takes records: when Write has returned, they are out. Winnow tells its users that such a sink may
// get records again after a crash. One that is a pipeline.Sink as well, and no Guarantor of less, takes part in the two-phase
// commit, and is exactly once; it may be a Sealer and an Encoder too.
//
// Its methods are called one at a time, but for an Encoder's Encode: that runs ahead, of several batches at once and while Write
// writes an earlier one, some of which are never written. Batches have all of a record's columns in Record, beside them _offset and what Need
// asks for, and what the classifier says in Result; Labels, Confidence and Rows are not set.
type Sink interface {
	// Open readies the sink. It touches the world for the first time here, and may come again after a transient error.
	Open(ctx context.Context, o pipeline.SinkOpen) error
	// Write takes a batch; single rows are refused by a *pipeline.RowErrors. After any other error none of the batch was
	// taken. One of the fate Transient has the batch come again, or, in a *pipeline.EpochError, everything since the last
	// commit; one without a code stops the pipeline.
	Write(ctx context.Context, b *pipeline.Batch) error
	// Close frees what Open took. It may come without an Open before it.
	Close() error
}

// resumer is a sink that keeps how far it has each split, in one step with the records: Commit makes both final, those spans
// that Cover told and what was written since the last commit. Resume takes a split over, and returns the offset after what is
// committed of it, -1 where nothing is: from then on the Commit of whoever had written of it before fails, with the code
// fault.PluginFenced, and commits nothing. Such a sink is exactly once also in a stream, and gets no receipts back.
type resumer interface {
	pipeline.Sink
	pipeline.SpanSink
	pipeline.Resumer
}

// needer is a sink that wants more than the records' columns. It is asked before the input is known, with an empty layout.
type needer interface {
	Need(in *pipeline.Layout) pipeline.Need
}

// sink serves a Sink.
type sink struct {
	proto.UnimplementedSinkServer
	make func(context.Context, Task) (Sink, error)

	mu       sync.Mutex    // held while the sink is called
	inner    Sink          // guarded by mu; nil before Configure
	twoPhase pipeline.Sink // guarded by mu; inner, where it takes part in the commit
	resumer  resumer       // guarded by mu; inner, where it keeps offsets
	shape    *shape        // guarded by mu; nil before Open

	ahead ahead
}

// Configure makes the sink.
func (s *sink) Configure(ctx context.Context, r *proto.ConfigureSinkRequest) (*proto.ConfigureSinkResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inner != nil {
		return nil, status.Error(codes.FailedPrecondition, "it is configured already")
	}
	inner, err := s.make(ctx, Task{Config: r.GetConfig()})
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	s.inner = inner
	s.twoPhase, _ = inner.(pipeline.Sink)
	if g, ok := inner.(pipeline.Guarantor); ok {
		if level, _ := g.Guarantee(); level != pipeline.ExactlyOnce {
			s.twoPhase = nil
		}
	}
	if s.twoPhase != nil {
		s.resumer, _ = inner.(resumer)
	}
	response := &proto.ConfigureSinkResponse{TwoPhase: s.twoPhase != nil, Resumes: s.resumer != nil, Stages: true}
	_, response.Seals = inner.(pipeline.Sealer)
	if n, ok := inner.(needer); ok {
		need := n.Need(&pipeline.Layout{Schema: arrow.NewSchema(nil, nil)})
		response.Raw, response.Meta = need.Raw, need.Meta
	}
	return response, nil
}

var rawFormats = map[proto.RawFormat]pipeline.RawFormat{
	proto.RawFormat_RAW_FORMAT_JSON: pipeline.RawJSON, proto.RawFormat_RAW_FORMAT_CSV: pipeline.RawCSV,
	proto.RawFormat_RAW_FORMAT_TEXT: pipeline.RawText,
}

// Open opens the sink.
func (s *sink) Open(ctx context.Context, r *proto.OpenSinkRequest) (*proto.SinkResponse, error) {
	schema, err := frame.DecodeSchema(r.GetSchema())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	results := int(r.GetResults())
	layout, result, err := delivery.Split(schema, results, rawFormats[r.GetRaw()])
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	return s.call(func(inner Sink) error {
		s.shape = &shape{schema: schema, own: arrow.NewSchema(schema.Fields()[:schema.NumFields()-results], nil), result: result}
		return inner.Open(ctx, pipeline.SinkOpen{
			Pipeline: r.GetPipeline(), RunID: r.GetRunId(), Input: layout, Result: result, Labels: r.GetLabels(), Last: r.Last,
			Resumed: r.GetResumed(), Sealing: r.GetSealing(), Durable: r.GetDurable(), Overwrite: r.GetOverwrite(), Rows: r.GetRows(),
			OmitEmpty: r.GetOmitEmpty(), Stream: r.GetStream(), Scope: r.GetScope(), Alloc: memory.DefaultAllocator,
		})
	})
}

// call calls the sink, alone.
func (s *sink) call(f func(inner Sink) error) (*proto.SinkResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inner == nil {
		return nil, status.Error(codes.FailedPrecondition, "it is not configured")
	}
	return &proto.SinkResponse{Error: sinkError(f(s.inner))}, nil
}

// sinkError is an error of the sink; one without a code is about the sink, not about a record.
func sinkError(err error) *proto.Error {
	if err == nil {
		return nil
	}
	e := errorOf(err)
	if _, lost := errors.AsType[*pipeline.EpochError](err); lost {
		e.Lost = true
	}
	if _, coded := fault.As(err); !coded {
		e.Fate = proto.Fate_FATE_FATAL
	}
	return e
}

// opened is the sink and what its batches are like; nil before Open.
func (s *sink) opened() (Sink, *shape) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inner, s.shape
}

// Write takes the batches of one stream.
func (s *sink) Write(stream grpc.BidiStreamingServer[proto.WriteRequest, proto.WriteResponse]) error {
	inner, shape := s.opened()
	if shape == nil {
		return status.Error(codes.FailedPrecondition, "it is not open")
	}
	in := frame.NewDecoder(shape.schema, memory.DefaultAllocator)
	defer in.Close()
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var g *given
		if seq := request.GetStaged(); seq != 0 {
			if g = s.ahead.take(seq); g == nil {
				return status.Errorf(codes.InvalidArgument, "the batch %d did not come ahead", seq)
			}
		} else {
			record, err := in.Decode(request.GetBatch())
			if err != nil {
				return status.Error(codes.InvalidArgument, err.Error())
			}
			g = give(stream.Context(), inner, shape.batch(request, record))
		}
		response := s.write(stream.Context(), g)
		response.Seq = request.GetSeq()
		if err := stream.Send(response); err != nil {
			return err
		}
	}
}

// write has the sink take a batch.
func (s *sink) write(ctx context.Context, g *given) *proto.WriteResponse {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer g.letGo()
	response, n := new(proto.WriteResponse), uint32(g.batch.Len())
	err := g.err
	if err == nil {
		err = s.inner.Write(ctx, g.batch)
	}
	var single *pipeline.RowErrors
	switch {
	case errors.As(err, &single):
		slices.SortFunc(single.Rows, func(a, b pipeline.RowFault) int { return cmp.Compare(a.Row, b.Row) })
		for _, f := range single.Rows {
			response.Rows = append(response.Rows, rowErrorOf(f.Row, f.Err))
		}
		response.Taken = n - uint32(len(single.Rows))
	case err != nil:
		response.Error = sinkError(err)
	default:
		response.Taken = n
	}
	return response
}

// spanned is a sink that wants to know what an epoch covers (pipeline.SpanSink).
type spanned interface{ Cover(spans []*pipeline.Span) }

// Prepare makes durable what was written.
func (s *sink) Prepare(ctx context.Context, r *proto.PrepareRequest) (*proto.PrepareResponse, error) {
	response := new(proto.PrepareResponse)
	answer, err := s.call(func(inner Sink) error {
		if c, ok := inner.(spanned); ok {
			spans := make([]*pipeline.Span, 0, len(r.GetSpans()))
			for _, p := range r.GetSpans() {
				spans = append(spans, &pipeline.Span{Split: &pipeline.Split{ID: p.GetSplit(), End: -1}, First: p.GetFirst(), Next: p.GetNext()})
			}
			c.Cover(spans)
		}
		return s.phase(func(full pipeline.Sink) (err error) {
			response.Receipt, err = full.Prepare(ctx, r.GetEpoch())
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	response.Error = answer.GetError()
	return response, nil
}

// phase calls a sink that takes part in the commit.
func (s *sink) phase(f func(pipeline.Sink) error) error {
	if s.twoPhase == nil {
		return errors.New("the sink does not take part in the commit")
	}
	return f(s.twoPhase)
}

// Commit makes a receipt's data final.
func (s *sink) Commit(ctx context.Context, r *proto.CommitRequest) (*proto.SinkResponse, error) {
	return s.call(func(Sink) error {
		return s.phase(func(full pipeline.Sink) error { return full.Commit(ctx, r.GetReceipt()) })
	})
}

// Abort undoes what came after the last commit.
func (s *sink) Abort(ctx context.Context, _ *proto.AbortRequest) (*proto.SinkResponse, error) {
	return s.call(func(Sink) error {
		return s.phase(func(full pipeline.Sink) error { return full.Abort(ctx) })
	})
}

// Resume takes a split over.
func (s *sink) Resume(ctx context.Context, r *proto.ResumeRequest) (*proto.ResumeResponse, error) {
	response := new(proto.ResumeResponse)
	answer, err := s.call(func(Sink) (err error) {
		if s.resumer == nil {
			return errors.New("the sink keeps no offsets")
		}
		response.Next, err = s.resumer.Resume(ctx, &pipeline.Split{ID: r.GetSplit(), File: r.GetSplit(), End: -1})
		return err
	})
	if err != nil {
		return nil, err
	}
	response.Error = answer.GetError()
	return response, nil
}

// Seal makes the output whole.
func (s *sink) Seal(ctx context.Context, r *proto.SealRequest) (*proto.SinkResponse, error) {
	return s.call(func(inner Sink) error {
		sealer, ok := inner.(pipeline.Sealer)
		if !ok {
			return errors.New("the sink does not seal")
		}
		return sealer.Seal(ctx, r.GetReceipt())
	})
}

// close closes the sink at the process's end.
func (s *sink) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inner == nil {
		return nil
	}
	return s.inner.Close()
}
