package sdk

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/internal/delivery"
	"github.com/winnow-stream/winnow/plugins/internal/frame"
	"github.com/winnow-stream/winnow/plugins/internal/region"
	"github.com/winnow-stream/winnow/plugins/proto"
)

// follower is a source without an end. A reader of a split whose End is -1 waits for records, until its context ends, whose error it
// returns then: Next is called again. Splits is asked every few seconds. Acknowledge tells how far splits have reached the sinks
// for good, by their IDs; winnow keeps that too, and begins there after a restart.
type follower interface {
	Acknowledge(ctx context.Context, done map[string]int64) error
}

// measurer is a reader of a source without an end that tells how far its split goes, as Batch.High does, while nothing comes of it.
type measurer interface{ High() int64 }

// idleAfter is how long a reader of a source without an end may wait for records before winnow is told that there are none.
const idleAfter = 5 * time.Second

// source serves a pipeline.Source.
type source struct {
	proto.UnimplementedSourceServer
	make   func(context.Context, Task) (pipeline.Source, error)
	region *region.Region

	mu     sync.Mutex
	inner  pipeline.Source  // guarded by mu; nil before Open
	layout *pipeline.Layout // guarded by mu; set with inner
}

// Open makes the source and looks at its input.
func (s *source) Open(ctx context.Context, r *proto.OpenSourceRequest) (*proto.OpenSourceResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inner != nil {
		return nil, status.Error(codes.FailedPrecondition, "it is open already")
	}
	inner, err := s.make(ctx, Task{Config: r.GetConfig()})
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	layout, err := inner.Layout(ctx)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	schema, err := frame.EncodeSchema(layout.Schema)
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	s.inner, s.layout = inner, layout
	_, unbounded := inner.(follower)
	return &proto.OpenSourceResponse{Schema: schema, Replayable: layout.Replayable, Notes: layout.Notes, Unbounded: unbounded}, nil
}

func (s *source) opened() (pipeline.Source, *pipeline.Layout, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inner == nil {
		return nil, nil, status.Error(codes.FailedPrecondition, "it is not open")
	}
	return s.inner, s.layout, nil
}

// Splits lists the splits.
func (s *source) Splits(ctx context.Context, _ *proto.SplitsRequest) (*proto.SplitsResponse, error) {
	inner, _, err := s.opened()
	if err != nil {
		return nil, err
	}
	splits, err := inner.Splits(ctx)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	response := new(proto.SplitsResponse)
	for _, split := range splits {
		response.Splits = append(response.Splits, &proto.Split{
			Id: split.ID, Place: split.File, Start: split.Start, End: split.End, Size: split.Size, Fingerprint: split.Fingerprint,
		})
	}
	return response, nil
}

// Acknowledge tells what is done.
func (s *source) Acknowledge(ctx context.Context, r *proto.AcknowledgeRequest) (*proto.AcknowledgeResponse, error) {
	inner, _, err := s.opened()
	if err != nil {
		return nil, err
	}
	f, ok := inner.(follower)
	if !ok {
		return nil, status.Error(codes.Unimplemented, "the input has an end")
	}
	done := make(map[string]int64, len(r.GetDone()))
	for _, a := range r.GetDone() {
		done[a.GetSplit()] = a.GetNext()
	}
	response := new(proto.AcknowledgeResponse)
	if err := f.Acknowledge(ctx, done); err != nil {
		response.Error = errorOf(err)
	}
	return response, nil
}

type readStream = grpc.BidiStreamingServer[proto.ReadRequest, proto.ReadResponse]

// Read reads one split.
func (s *source) Read(stream readStream) error {
	inner, layout, err := s.opened()
	if err != nil {
		return err
	}
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	want, err := projection(layout, first.GetStart())
	if err != nil {
		return err
	}
	at := first.GetStart().GetSplit()
	split := &pipeline.Split{
		ID: at.GetId(), File: at.GetPlace(), Start: at.GetStart(), End: at.GetEnd(), Size: at.GetSize(), Fingerprint: at.GetFingerprint(),
	}
	from := first.GetStart().GetFrom()
	reader, err := inner.Open(stream.Context(), split, pipeline.Position{Offset: from.GetOffset(), Byte: from.GetByte(), Read: from.GetRead()}, want)
	if err != nil {
		return stream.Send(&proto.ReadResponse{Error: errorOf(err)})
	}
	defer func() { _ = reader.Close() }() // winnow has what it read
	r := newReading(inner, reader, want, stream, s.region)
	r.at = from.GetOffset()
	_, r.unbounded = inner.(follower)
	defer r.close()
	credits := make(chan uint32, 1)
	go r.receive(credits)
	for left := first.GetCredits(); ; {
		for left == 0 {
			more, ok := <-credits
			if !ok {
				return nil
			}
			left = more
		}
		left--
		response, more := r.next(stream.Context())
		if err := stream.Send(response); err != nil {
			return err
		}
		if !more {
			r.drain(credits)
			return nil
		}
	}
}

// projection is what winnow asks for.
func projection(layout *pipeline.Layout, start *proto.ReadStart) (pipeline.Projection, error) {
	want := pipeline.Projection{
		Rows: int(start.GetRows()), Bytes: int(start.GetBytes()), MaxRecord: int(start.GetMaxRecord()), Alloc: memory.DefaultAllocator,
	}
	for _, name := range start.GetColumns() {
		fields, ok := layout.Schema.FieldsByName(name)
		if !ok {
			return want, status.Errorf(codes.InvalidArgument, "there is no column %q", name)
		}
		want.Columns = append(want.Columns, fields[0])
	}
	return want, nil
}

// reading is the reading of one split.
type reading struct {
	source pipeline.Source
	reader pipeline.Reader
	want   pipeline.Projection
	stream readStream
	schema *arrow.Schema // of batches
	out    *frame.Encoder

	unbounded bool
	at        int64 // offset of the next record
}

func newReading(source pipeline.Source, reader pipeline.Reader, want pipeline.Projection, stream readStream, through *region.Region) *reading {
	fields := []arrow.Field{{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64}}
	for _, f := range want.Columns { // without metadata, which the layout told already
		fields = append(fields, arrow.Field{Name: f.Name, Type: f.Type, Nullable: f.Nullable})
	}
	schema := arrow.NewSchema(fields, nil)
	return &reading{
		source: source, reader: reader, want: want, stream: stream, schema: schema,
		out: frame.NewEncoder(schema, memory.DefaultAllocator, through),
	}
}

// receive hands credits on until winnow has had enough.
func (r *reading) receive(credits chan<- uint32) {
	defer close(credits)
	for {
		request, err := r.stream.Recv()
		if err != nil {
			return
		}
		select {
		case credits <- request.GetCredits():
		case <-r.stream.Context().Done():
			return
		}
	}
}

// drain waits until winnow has taken the batches that lie in shared memory, for each of which it gives a credit, or has had enough.
func (r *reading) drain(credits <-chan uint32) {
	for r.out.Unread() > 0 {
		if _, ok := <-credits; !ok {
			return
		}
	}
}

// next is the next response, and whether there are more.
func (r *reading) next(ctx context.Context) (response *proto.ReadResponse, more bool) {
	b, err := r.wait(ctx)
	switch d, ok := r.source.(pipeline.Decoder); {
	case errors.Is(err, context.DeadlineExceeded) && r.unbounded && ctx.Err() == nil:
		response = &proto.ReadResponse{First: r.at, Next: &proto.Position{Offset: r.at, Byte: -1}}
		if m, ok := r.reader.(measurer); ok {
			response.High = m.High()
		}
		return response, true
	case errors.Is(err, io.EOF):
		return &proto.ReadResponse{End: true}, false
	case err == nil && ok && b.Record != nil:
		err = d.Decode(ctx, b, r.want)
	}
	if err != nil {
		return &proto.ReadResponse{Error: errorOf(err)}, false
	}
	r.at = b.Next.Offset
	response = &proto.ReadResponse{
		First: b.First, Blank: b.Blank, High: b.High,
		Next: &proto.Position{Offset: b.Next.Offset, Byte: b.Next.Byte, Read: b.Next.Read},
	}
	if b.Record == nil {
		return response, true
	}
	defer b.Record.Release()
	plain, err := delivery.Plain(b.Record, r.schema, memory.DefaultAllocator)
	if err != nil {
		return &proto.ReadResponse{Error: errorOf(err)}, false
	}
	defer plain.Release()
	if response.Batch, response.Shared, err = r.out.Encode(plain); err != nil {
		return &proto.ReadResponse{Error: errorOf(err)}, false
	}
	for _, f := range b.Faults {
		response.Rows = append(response.Rows, &proto.RowError{Row: uint32(f.Row), Message: f.Err.What, Code: f.Err.Code.ID})
	}
	return response, true
}

// wait is the reader's next batch. Without an end it may have none for a while.
func (r *reading) wait(ctx context.Context) (*pipeline.Batch, error) {
	if r.unbounded {
		limited, cancel := context.WithTimeout(ctx, idleAfter)
		defer cancel()
		ctx = limited
	}
	return r.reader.Next(ctx)
}

func (r *reading) close() { _ = r.out.Close() } // nobody reads the end of the stream

// errorOf is an error as the protocol has it. Its code comes along, and stands before winnow's text rather than in this one.
func errorOf(err error) *proto.Error {
	e, ok := fault.As(err)
	if !ok {
		return &proto.Error{Fate: fateOf(err), Message: err.Error()}
	}
	message := e.What
	if at := e.Where.String(); at != "" {
		message = at + ": " + message
	}
	return &proto.Error{Fate: fateOf(err), Message: message, Code: e.Code.ID}
}
