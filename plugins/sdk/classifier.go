package sdk

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/internal/answer"
	"github.com/winnow-stream/winnow/plugins/internal/frame"
	"github.com/winnow-stream/winnow/plugins/internal/region"
	"github.com/winnow-stream/winnow/plugins/proto"
)

// classifier serves a classify.Classifier.
type classifier struct {
	proto.UnimplementedClassifierServer
	make   func(context.Context, Task) (classify.Classifier, error)
	region *region.Region

	mu    sync.Mutex
	inner classify.Classifier // guarded by mu; nil before Open
	lists bool                // guarded by mu
}

// lister is a classifier in single mode that may list its best labels (pipeline.Lists).
type lister interface{ Lists() bool }

// Open makes the classifier.
func (c *classifier) Open(ctx context.Context, r *proto.OpenClassifierRequest) (*proto.OpenClassifierResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inner != nil {
		return nil, status.Error(codes.FailedPrecondition, "it is open already")
	}
	t := Task{Config: r.GetConfig()}
	for _, l := range r.GetLabels() {
		t.Labels = append(t.Labels, classify.Label{Name: l.GetName(), Description: l.GetDescription(), Examples: l.GetExamples()})
	}
	inner, err := c.make(ctx, t)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	info := inner.Info()
	c.inner, c.lists = inner, info.Mode == classify.Multi
	if l, ok := inner.(lister); ok {
		c.lists = l.Lists()
	}
	return &proto.OpenClassifierResponse{Labels: info.Labels, Mode: modes[info.Mode], Lists: c.lists}, nil
}

var modes = map[classify.Mode]proto.Mode{classify.Single: proto.Mode_MODE_SINGLE, classify.Multi: proto.Mode_MODE_MULTI}

func (c *classifier) opened() (classify.Classifier, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.inner, c.lists
}

// Classify answers the requests of one stream.
func (c *classifier) Classify(stream grpc.BidiStreamingServer[proto.ClassifyRequest, proto.ClassifyResponse]) error {
	inner, lists := c.opened()
	if inner == nil {
		return status.Error(codes.FailedPrecondition, "it is not open")
	}
	in := frame.NewDecoder(answer.Texts, memory.DefaultAllocator)
	defer in.Close()
	out := frame.NewEncoder(answer.Schema(lists), memory.DefaultAllocator, c.region)
	defer func() { _ = out.Close() }() // nobody reads the end of the stream
	var results classify.Results
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		batch, err := in.Decode(request.GetBatch())
		if err != nil {
			return status.Error(codes.InvalidArgument, err.Error())
		}
		response := &proto.ClassifyResponse{Seq: request.GetSeq()}
		if err := inner.Classify(stream.Context(), batch.Column(0).(*array.String), &results); err != nil {
			response.Error = errorOf(err)
		} else {
			encoded := answer.Write(&results, lists)
			response.Batch, response.Shared, err = out.Encode(encoded)
			encoded.Release()
			if err != nil {
				return status.Error(codes.Internal, err.Error())
			}
			for _, f := range results.Failures {
				response.Rows = append(response.Rows, rowErrorOf(f.Row, f.Err))
			}
		}
		if err := stream.Send(response); err != nil {
			return err
		}
	}
}

// rowErrorOf is a single row's error as the protocol has it.
func rowErrorOf(row int, err error) *proto.RowError {
	e := errorOf(err)
	return &proto.RowError{Row: uint32(row), Message: e.GetMessage(), Code: e.GetCode()}
}

// fateOf is what winnow does with an error: one without a code may be a record's fault.
func fateOf(err error) proto.Fate {
	e, ok := fault.As(err)
	switch {
	case !ok || e.Code.Fate == fault.Row:
		return proto.Fate_FATE_RECORD
	case e.Code.Fate == fault.Transient:
		return proto.Fate_FATE_TRANSIENT
	default:
		return proto.Fate_FATE_FATAL
	}
}
