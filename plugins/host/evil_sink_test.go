package host_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/plugins/internal/table"
	"github.com/winnow-stream/winnow/plugins/proto"
	"github.com/winnow-stream/winnow/plugins/sdk"
)

// serveSink serves a sink that writes to out.jsonl in the folder that its configuration names, or over the disk at the socket
// that the second argument names.
func serveSink(how string) {
	sdk.Serve(sdk.Plugin{Name: "evil", Version: "1", Sink: func(_ context.Context, t sdk.Task) (sdk.Sink, error) {
		if len(os.Args) > 2 {
			fsys, err := dialDisk(os.Args[2])
			return &pipelinetest.DiskSink{FS: fsys, Path: "/out/out.jsonl"}, err
		}
		dir := string(t.Config)
		if rest, ok := strings.CutPrefix(how, "takes into a table"); ok {
			ways := strings.TrimPrefix(rest, ", ")
			return &badTable{
				Sink:    &table.Sink{Path: filepath.Join(dir, "table.db")},
				failing: failing{how: ways, marker: filepath.Join(dir, "marker")},
			}, nil
		}
		inner := &pipelinetest.DiskSink{FS: disk.OS{}, Path: filepath.Join(dir, "out.jsonl")}
		bad := &badSink{
			DiskSink: inner, met: make(chan struct{}),
			failing: failing{how: strings.TrimPrefix(how, "takes, "), marker: filepath.Join(dir, "marker")},
		}
		if bad.how == "at once" {
			return &plainSink{path: inner.Path, marker: bad.marker}, nil
		}
		return bad, nil
	}})
}

// failing fails as it is told to: "dies before commit" is a process that ends once, in the second Commit and before it did
// anything; one that "leaves before commit" leaves a child. One that lingers only takes its time.
type failing struct {
	how    string
	marker string // a file: the first process that finds none may fail

	mu    sync.Mutex
	calls map[string]int  // guarded by mu
	seen  map[string]bool // records that were to come again
}

// at fails where it is told to, before or after the call of a name.
func (s *failing) at(when, call string) {
	s.mu.Lock()
	if s.calls == nil {
		s.calls = make(map[string]int)
	}
	s.calls[when+call]++
	count := s.calls[when+call]
	s.mu.Unlock()
	verb, rest, _ := strings.Cut(s.how, " ")
	if rest != when+" "+call || count < 2 && call != "seal" {
		return
	}
	if _, err := os.Stat(s.marker); err == nil {
		return
	}
	_ = os.WriteFile(s.marker, nil, 0o600)
	switch verb {
	case "hangs", "stalls":
		time.Sleep(time.Hour)
	case "lingers":
		time.Sleep(200 * time.Millisecond)
		return
	case "grows":
		grow()
	case "leaves":
		leaveChild()
	}
	os.Exit(7)
}

// badSink is a file that fails.
type badSink struct {
	*pipelinetest.DiskSink
	failing
	encodes atomic.Int32
	meet    sync.Once
	met     chan struct{} // closed by the second Encode
}

func (s *badSink) Encode(ctx context.Context, b *pipeline.Batch) error {
	s.at("before", "encode")
	if s.how == "meets" { // the first one waits for another
		if s.encodes.Add(1) == 1 {
			<-s.met
		} else {
			s.meet.Do(func() { close(s.met) })
		}
	}
	return s.DiskSink.Encode(ctx, b)
}

func (s *badSink) Write(ctx context.Context, b *pipeline.Batch) error {
	s.at("before", "write")
	switch s.how {
	case "refuses": // one by one
		e := &pipeline.RowErrors{}
		for row := range b.Len() {
			if b.Offsets()[row]%7 == 3 {
				e.Rows = append(e.Rows, pipeline.RowFault{Row: row, Err: fault.New(fault.RecordType, "a seven")})
			}
		}
		if len(e.Rows) > 0 {
			return errors.Join(s.rest(ctx, b), e)
		}
	case "is slow": // to take single records
		e := &pipeline.RowErrors{}
		for row, o := range b.Offsets() {
			if o%7 != 3 {
				continue
			}
			if s.seen == nil {
				s.seen = make(map[string]bool)
			}
			if id := fmt.Sprint(b.Split.ID, o); !s.seen[id] {
				s.seen[id] = true
				e.Rows = append(e.Rows, pipeline.RowFault{Row: row, Err: fault.New(fault.PluginUnavailable, "a seven, later")})
			}
		}
		if len(e.Rows) > 0 {
			return errors.Join(s.rest(ctx, b), e)
		}
	case "refuses whole":
		for row := range b.Len() {
			if b.Offsets()[row]%7 == 3 {
				return fault.New(fault.RecordType, "there is a seven")
			}
		}
	case "is busy":
		if _, err := os.Stat(s.marker); err != nil {
			_ = os.WriteFile(s.marker, nil, 0o600)
			return fault.New(fault.PluginUnavailable, "not now")
		}
	case "gives up":
		return errors.New("the table is gone")
	}
	err := s.DiskSink.Write(ctx, b)
	s.at("after", "write")
	return err
}

// rest writes the rows that are not refused.
func (s *badSink) rest(ctx context.Context, b *pipeline.Batch) error {
	kept := *b
	for row, o := range b.Offsets() {
		if o%7 != 3 {
			kept.Rows = append(kept.Rows, int32(row))
		}
	}
	return errors.Join(s.Encode(ctx, &kept), s.DiskSink.Write(ctx, &kept))
}

func (s *badSink) Prepare(ctx context.Context, epoch int64) (pipeline.Receipt, error) {
	s.at("before", "prepare")
	r, err := s.DiskSink.Prepare(ctx, epoch)
	s.at("after", "prepare")
	return r, err
}

func (s *badSink) Commit(ctx context.Context, r pipeline.Receipt) error {
	s.at("before", "commit")
	err := s.DiskSink.Commit(ctx, r)
	s.at("after", "commit")
	return err
}

func (s *badSink) Seal(ctx context.Context, r pipeline.Receipt) error {
	s.at("before", "seal")
	err := s.DiskSink.Seal(ctx, r)
	s.at("after", "seal")
	return err
}

// badTable is a table that fails.
type badTable struct {
	*table.Sink
	failing
	commits int
	lost    bool // and about to end
}

func (s *badTable) Resume(ctx context.Context, split *pipeline.Split) (int64, error) {
	s.at("before", "resume")
	next, err := s.Sink.Resume(ctx, split)
	s.at("after", "resume")
	return next, err
}

func (s *badTable) Write(ctx context.Context, b *pipeline.Batch) error {
	if s.lost {
		time.Sleep(time.Hour)
	}
	s.at("before", "write")
	err := s.Sink.Write(ctx, b)
	s.at("after", "write")
	return err
}

func (s *badTable) Prepare(ctx context.Context, epoch int64) (pipeline.Receipt, error) {
	s.at("before", "prepare")
	r, err := s.Sink.Prepare(ctx, epoch)
	s.at("after", "prepare")
	return r, err
}

func (s *badTable) Commit(ctx context.Context, r pipeline.Receipt) error {
	s.at("before", "commit")
	err := s.Sink.Commit(ctx, r)
	if s.commits++; s.how == "loses after commit" && s.commits == 2 && err == nil {
		if _, missing := os.Stat(s.marker); missing != nil {
			_ = os.WriteFile(s.marker, nil, 0o600)
			_ = table.Lose(ctx, s.Path, tableLoses)
			s.lost = true
			go func() { // when winnow has its answer
				time.Sleep(50 * time.Millisecond)
				os.Exit(7)
			}()
		}
	}
	s.at("after", "commit")
	return err
}

// tableLoses is how many records a table loses that is told to: less than it has committed of the split that it is at.
const tableLoses = 10

// plainSink appends lines at once, and dies once after a write.
type plainSink struct {
	path   string
	marker string
	out    *os.File
	writes int
}

func (s *plainSink) Open(context.Context, pipeline.SinkOpen) (err error) {
	s.out, err = os.OpenFile(s.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	return err
}

func (s *plainSink) Write(_ context.Context, b *pipeline.Batch) error {
	for row := range b.Len() {
		if _, err := s.out.Write(pipelinetest.Line(b, row)); err != nil {
			return err
		}
	}
	if s.writes++; s.writes == 5 {
		if _, err := os.Stat(s.marker); err != nil {
			_ = os.WriteFile(s.marker, nil, 0o600)
			os.Exit(7)
		}
	}
	return nil
}

func (s *plainSink) Close() error { return s.out.Close() }

// serveSinkLies serves a sink that answers as no sink should.
func serveSinkLies(how string) {
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig:  plugin.HandshakeConfig{MagicCookieKey: proto.CookieKey, MagicCookieValue: proto.CookieValue},
		VersionedPlugins: map[int]plugin.PluginSet{proto.Version: {proto.Service: &sinkLiar{how: how}}},
		GRPCServer:       plugin.DefaultGRPCServer,
	})
}

type sinkLiar struct {
	plugin.NetRPCUnsupportedPlugin
	proto.UnimplementedPluginServer
	proto.UnimplementedSinkServer
	how string
}

func (l *sinkLiar) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	proto.RegisterPluginServer(s, l)
	proto.RegisterSinkServer(s, l)
	return nil
}

func (*sinkLiar) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("a liar is no client")
}

func (*sinkLiar) Describe(context.Context, *proto.DescribeRequest) (*proto.DescribeResponse, error) {
	return &proto.DescribeResponse{Name: "evil", Version: "1", Kinds: []proto.Kind{proto.Kind_KIND_SINK}}, nil
}

func (l *sinkLiar) Configure(context.Context, *proto.ConfigureSinkRequest) (*proto.ConfigureSinkResponse, error) {
	return &proto.ConfigureSinkResponse{TwoPhase: true, Stages: l.how == "lies: ready"}, nil
}

func (l *sinkLiar) Stage(stream grpc.BidiStreamingServer[proto.WriteRequest, proto.StageResponse]) error {
	request, err := stream.Recv()
	if err != nil {
		return err
	}
	return stream.Send(&proto.StageResponse{Seq: request.GetSeq() + 1})
}

func (*sinkLiar) Open(context.Context, *proto.OpenSinkRequest) (*proto.SinkResponse, error) {
	return &proto.SinkResponse{}, nil
}

func (l *sinkLiar) Prepare(context.Context, *proto.PrepareRequest) (*proto.PrepareResponse, error) {
	return &proto.PrepareResponse{Receipt: make([]byte, 100<<10)}, nil
}

func (l *sinkLiar) Write(stream grpc.BidiStreamingServer[proto.WriteRequest, proto.WriteResponse]) error {
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		response := &proto.WriteResponse{Seq: request.GetSeq(), Taken: 20}
		switch l.how {
		case "lies: twice":
			if err := stream.Send(response); err != nil {
				return err
			}
		case "lies: out of order":
			response.Seq++
		case "lies: count":
			response.Taken--
		case "lies: rows":
			response.Taken, response.Rows = 18, []*proto.RowError{{Row: 3}, {Row: 3}}
		case "lies: ends":
			return fmt.Errorf("no more of this")
		}
		if err := stream.Send(response); err != nil {
			return err
		}
	}
}
