package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"protocol1/proto"
)

// sink counts records, and takes part in the commit. Its state is in the receipts alone.
type sink struct {
	proto.UnimplementedSinkServer

	mu        sync.Mutex
	written   int64 // guarded by mu: since the last Prepare
	committed int64 // guarded by mu
}

func (*sink) Configure(context.Context, *proto.ConfigureSinkRequest) (*proto.ConfigureSinkResponse, error) {
	return &proto.ConfigureSinkResponse{TwoPhase: true, Seals: true, Meta: true}, nil
}

func (s *sink) Open(_ context.Context, r *proto.OpenSinkRequest) (*proto.SinkResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.GetRunId() == "" || len(r.GetSchema()) == 0 {
		return nil, status.Error(codes.InvalidArgument, "a field of protocol 1 is missing")
	}
	s.written, s.committed = 0, 0
	if r.Last == nil {
		return &proto.SinkResponse{}, nil
	}
	return &proto.SinkResponse{}, json.Unmarshal(r.GetLast(), &s.committed)
}

func (s *sink) Write(stream grpc.BidiStreamingServer[proto.WriteRequest, proto.WriteResponse]) error {
	in := &decoder{}
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		batch, err := in.decode(request.GetBatch())
		if err != nil {
			return err
		}
		s.mu.Lock()
		s.written += batch.NumRows()
		s.mu.Unlock()
		if err := stream.Send(&proto.WriteResponse{Seq: request.GetSeq(), Taken: uint32(batch.NumRows())}); err != nil {
			return err
		}
	}
}

func (s *sink) Prepare(context.Context, *proto.PrepareRequest) (*proto.PrepareResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	receipt, err := json.Marshal(s.committed + s.written)
	s.written = 0
	return &proto.PrepareResponse{Receipt: receipt}, err
}

func (s *sink) Commit(_ context.Context, r *proto.CommitRequest) (*proto.SinkResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &proto.SinkResponse{}, json.Unmarshal(r.GetReceipt(), &s.committed)
}

func (s *sink) Abort(context.Context, *proto.AbortRequest) (*proto.SinkResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.written = 0
	return &proto.SinkResponse{}, nil
}

func (s *sink) Seal(_ context.Context, r *proto.SealRequest) (*proto.SinkResponse, error) {
	return s.Commit(context.Background(), &proto.CommitRequest{Receipt: r.GetReceipt()})
}
