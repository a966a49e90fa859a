package host_test

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/plugins/internal/frame"
	"github.com/winnow-stream/winnow/plugins/proto"
	"github.com/winnow-stream/winnow/plugins/sdk"
)

// The source of "reads, many" has splits of records each.
const manySplits, manyRecords = 3, 2000

// Every other source has splits of records each, one of which is bad in all but the first.
const badSplits, badRecords, badRecord = 3, 12, 5

// serveSource serves a source that keeps the protocol, as far as the SDK has a say.
func serveSource(how string) {
	sdk.Serve(sdk.Plugin{Name: "evil", Version: "1", Source: func(_ context.Context, t sdk.Task) (pipeline.Source, error) {
		mem := pipelinetest.NewMemSource(badSplits, badRecords)
		if how == "reads, many" {
			mem = pipelinetest.NewMemSource(manySplits, manyRecords)
			mem.Script = pipelinetest.Slow("next", 5*time.Millisecond)
		}
		mem.NoRaw = true
		mem.Bad = func(split int, r int64) *fault.Error {
			if split > 0 && r == badRecord && how != "reads, many" {
				return fault.New(fault.RecordType, "it is bad")
			}
			return nil
		}
		return &badSource{MemSource: mem, how: how, marker: string(t.Config)}, nil
	}})
}

// badSource reads as it is told to.
type badSource struct {
	*pipelinetest.MemSource
	how    string
	marker string // a file: the first process that finds none may die
}

func (s *badSource) Layout(ctx context.Context) (*pipeline.Layout, error) {
	l, err := s.MemSource.Layout(ctx)
	if s.how == "reads, nested" {
		l.Schema = arrow.NewSchema([]arrow.Field{{Name: "nested", Type: arrow.ListOf(arrow.PrimitiveTypes.Int64)}}, nil)
	}
	return l, err
}

func (s *badSource) Open(ctx context.Context, split *pipeline.Split, from pipeline.Position, want pipeline.Projection) (pipeline.Reader, error) {
	r, err := s.MemSource.Open(ctx, split, from, want)
	return &badReader{Reader: r, badSource: s}, err
}

type badReader struct {
	pipeline.Reader
	*badSource
	n int
}

func (r *badReader) Close() error { return r.Reader.Close() }

func (r *badReader) Next(ctx context.Context) (*pipeline.Batch, error) {
	if r.how == "reads, hangs" {
		time.Sleep(time.Hour)
	}
	b, err := r.Reader.Next(ctx)
	if r.n++; err != nil || r.n < 2 {
		return b, err
	}
	switch r.how {
	case "reads, dies", "reads, hangs once", "reads, grows", "reads, leaves a child":
		if _, err := os.Stat(r.marker); err == nil {
			break
		}
		_ = os.WriteFile(r.marker, nil, 0o600)
		switch r.how {
		case "reads, hangs once":
			time.Sleep(time.Hour)
		case "reads, grows":
			grow()
		case "reads, leaves a child":
			leaveChild()
		}
		os.Exit(7)
	case "reads, lies":
		b.First, b.Next.Offset = 0, 3
	case "reads, skips":
		b.Next.Offset = 5
	}
	return b, err
}

// serveSourceLies serves a source whose first batch of each split breaks the protocol.
func serveSourceLies(how string) {
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig:  plugin.HandshakeConfig{MagicCookieKey: proto.CookieKey, MagicCookieValue: proto.CookieValue},
		VersionedPlugins: map[int]plugin.PluginSet{proto.Version: {proto.Service: &sourceLiar{how: how, mem: pipelinetest.NewMemSource(badSplits, badRecords)}}},
		GRPCServer:       plugin.DefaultGRPCServer,
	})
}

type sourceLiar struct {
	plugin.NetRPCUnsupportedPlugin
	proto.UnimplementedPluginServer
	proto.UnimplementedSourceServer
	how string
	mem *pipelinetest.MemSource
}

func (l *sourceLiar) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	proto.RegisterPluginServer(s, l)
	proto.RegisterSourceServer(s, l)
	return nil
}

func (*sourceLiar) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("a liar is no client")
}

func (*sourceLiar) Describe(context.Context, *proto.DescribeRequest) (*proto.DescribeResponse, error) {
	return &proto.DescribeResponse{Name: "evil", Version: "1", Kinds: []proto.Kind{proto.Kind_KIND_SOURCE}}, nil
}

func (*sourceLiar) Open(context.Context, *proto.OpenSourceRequest) (*proto.OpenSourceResponse, error) {
	schema, err := frame.EncodeSchema(pipelinetest.MemSchema)
	return &proto.OpenSourceResponse{Schema: schema, Replayable: true}, err
}

func (l *sourceLiar) Splits(ctx context.Context, _ *proto.SplitsRequest) (*proto.SplitsResponse, error) {
	splits, err := l.mem.Splits(ctx)
	r := &proto.SplitsResponse{}
	for _, s := range splits {
		r.Splits = append(r.Splits, &proto.Split{Id: s.ID, Place: s.File, Start: s.Start, End: s.End, Size: s.Size, Fingerprint: s.Fingerprint})
	}
	if l.how == "misreads splits" {
		r.Splits[1].Id = r.Splits[0].GetId()
	}
	return r, err
}

func (l *sourceLiar) Read(stream grpc.BidiStreamingServer[proto.ReadRequest, proto.ReadResponse]) error {
	request, err := stream.Recv()
	if err != nil {
		return err
	}
	if err := stream.Send(l.lie(request.GetStart())); err != nil {
		return err
	}
	<-stream.Context().Done()
	return nil
}

// lie is a batch of three records from a split's beginning, which breaks the protocol in one way.
func (l *sourceLiar) lie(start *proto.ReadStart) *proto.ReadResponse {
	offsets, names := []int64{0, 1, 2}, append([]string{pipeline.ColOffset}, start.GetColumns()...)
	r := &proto.ReadResponse{Next: &proto.Position{Offset: 3, Byte: -1}}
	switch l.how {
	case "misreads, huge":
		r.Batch = make([]byte, proto.MaxMessage+1)
		return r
	case "misreads, no Arrow":
		r.Batch = []byte("this is not Arrow")
		return r
	case "misreads, columns":
		names[len(names)-1] = "txt"
	case "misreads, rows":
		for o := int64(len(offsets)); o <= start.GetRows(); o++ {
			offsets = append(offsets, o)
		}
		r.Next.Offset = int64(len(offsets))
	case "misreads, order":
		offsets[0], offsets[1] = 1, 0
	case "misreads, twice":
		offsets[1] = 0
	case "misreads, beyond":
		offsets[2] = 3
	case "misreads, failures":
		r.Rows = []*proto.RowError{{Row: 1}, {Row: 1}}
	}
	fields := []arrow.Field{{Name: names[0], Type: arrow.PrimitiveTypes.Int64}}
	for _, name := range names[1:] {
		fields = append(fields, arrow.Field{Name: name, Type: arrow.BinaryTypes.String, Nullable: true})
	}
	schema := arrow.NewSchema(fields, nil)
	if l.how == "misreads, bomb" {
		r.Batch = bomb(schema)
		return r
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for _, o := range offsets {
		b.Field(0).(*array.Int64Builder).Append(o)
		for i := range names[1:] {
			b.Field(i + 1).(*array.StringBuilder).Append("x")
		}
	}
	record := b.NewRecordBatch()
	defer record.Release()
	r.Batch, _, _ = frame.NewEncoder(record.Schema(), memory.DefaultAllocator, nil).Encode(record)
	return r
}
