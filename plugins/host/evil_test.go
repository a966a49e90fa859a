package host_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/internal/answer"
	"github.com/winnow-stream/winnow/plugins/internal/frame"
	"github.com/winnow-stream/winnow/plugins/internal/region"
	"github.com/winnow-stream/winnow/plugins/internal/wire"
	"github.com/winnow-stream/winnow/plugins/plugintest"
	"github.com/winnow-stream/winnow/plugins/proto"
	"github.com/winnow-stream/winnow/plugins/sdk"
)

func TestMain(m *testing.M) { plugintest.Main(m, evil) }

// evil is a plugin whose first argument says how it is bad.
func evil() {
	switch how := os.Args[1]; how {
	case "exits":
		fmt.Fprintln(os.Stderr, "there is no license")
		os.Exit(3)
	case "greets":
		fmt.Println("Hello, world!")
		time.Sleep(time.Hour)
	case "floods":
		for {
			fmt.Print("all work and no play ")
		}
	case "silent":
		time.Sleep(time.Hour)
	case "protocol 99":
		fmt.Println("1|99|unix|/nowhere|grpc")
		time.Sleep(time.Hour)
	case "texts":
		sdk.Serve(sdk.Plugin{Name: "evil", Version: "1", Classifier: func(_ context.Context, t sdk.Task) (classify.Classifier, error) {
			return &obedient{marker: string(t.Config)}, nil
		}})
	case "other name":
		sdk.Serve(sdk.Plugin{Name: "angel", Version: "1"})
	case "no kind":
		sdk.Serve(sdk.Plugin{Name: "evil", Version: "1"})
	default:
		switch {
		case strings.HasPrefix(how, "reads"):
			serveSource(how)
			return
		case strings.HasPrefix(how, "misreads"):
			serveSourceLies(how)
			return
		case strings.HasPrefix(how, "feeds"):
			serveFeed(how)
			return
		case strings.HasPrefix(how, "takes"):
			serveSink(how)
			return
		case strings.HasPrefix(how, "lies"):
			serveSinkLies(how)
			return
		}
		serveLies(how)
	}
}

// obedient does what the texts say.
type obedient struct {
	marker string // a file: the first process that finds none dies of "once"; "who" writes there who it is
}

func (*obedient) Info() classify.Info {
	return classify.Info{Version: "evil", Labels: []string{"good", "bad"}, Mode: classify.Single, Backend: "evil"}
}

func (o *obedient) Classify(_ context.Context, texts *array.String, out *classify.Results) error {
	out.Reset(texts.Len())
	for i := range texts.Len() {
		switch text := texts.Value(i); text {
		case "die":
			os.Exit(7)
		case "panic":
			panic("I can't take this")
		case "hang":
			time.Sleep(time.Hour)
		case "once":
			if _, err := os.Stat(o.marker); err != nil {
				_ = os.WriteFile(o.marker, nil, 0o600)
				os.Exit(7)
			}
		case "who":
			_ = os.WriteFile(o.marker, fmt.Appendln(nil, os.Getpid(), os.Getenv(plugin.EnvUnixSocketDir)), 0o600)
		case "child":
			_ = os.WriteFile(o.marker, fmt.Append(nil, leaveChild()), 0o600)
			os.Exit(7)
		case "tell":
			fmt.Println("password:", o.marker)
			return errors.New("the password is " + o.marker)
		case "refuse":
			return errors.New("I don't like it")
		case "not yet": // three times
			if n, _ := os.ReadFile(o.marker); len(n) < 3 {
				_ = os.WriteFile(o.marker, append(n, '.'), 0o600)
				out.Fail(i, fault.New(fault.PluginUnavailable, "not yet"))
				continue
			}
		case "never":
			out.Fail(i, fault.New(fault.PluginUnavailable, "not now"))
			continue
		case "fail":
			out.Fail(i, errors.New("no answer to this one"))
			continue
		case "chatter":
			for n := range 100_000 {
				fmt.Println("chatter", n)
			}
		case "noise":
			_, _ = syscall.Write(1, bytes.Repeat([]byte("1|1|unix|/nowhere|grpc|\n"), 1<<14)) // past what the SDK made of os.Stdout
		case "grow":
			grow()
		case "environment":
			fmt.Println("environment:", strings.Join(os.Environ(), " "))
		}
		out.Label[i], out.Confidence[i] = 0, 1
	}
	return nil
}

// leaveChild starts a process that holds this one's output, and is not waited for.
func leaveChild() (pid int) {
	child := exec.Command("sleep", "3600")
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	_ = child.Start()
	fmt.Fprintln(os.Stderr, "a child is left")
	return child.Process.Pid
}

// grow takes 512 MiB, and does not give them back.
func grow() {
	hoard := make([]byte, 512<<20)
	for i := range hoard {
		hoard[i] = 1
	}
	time.Sleep(time.Hour)
	runtime.KeepAlive(hoard)
}

// honestAnswers is how many answers of a liar are sound, unless it lies about the columns, which only the first answer has.
const honestAnswers = 5

// serveLies serves a classifier one of whose answers breaks the protocol.
func serveLies(how string) {
	l := &liar{how: how, region: new(region.Region)}
	serve := plugin.DefaultGRPCServer
	if l.shares() {
		serve = func(o []grpc.ServerOption) *grpc.Server { return grpc.NewServer(append(o, wire.Serve(l.region)...)...) }
	}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig:  plugin.HandshakeConfig{MagicCookieKey: proto.CookieKey, MagicCookieValue: proto.CookieValue},
		VersionedPlugins: map[int]plugin.PluginSet{proto.Version: {proto.Service: l}},
		GRPCServer:       serve,
	})
}

// bomb is a batch of a GiB of a schema, all of it zeros, in a message of some hundred kilobytes. One buffer that nobody has written to
// stands for each of its columns.
func bomb(schema *arrow.Schema) []byte {
	width := 0
	for _, f := range schema.Fields() {
		width += widthOf(f.Type)
	}
	rows := 1<<30/width + 1
	zeros := memory.NewBufferBytes(make([]byte, 8*(rows+1)))
	columns := make([]arrow.Array, schema.NumFields())
	for i, f := range schema.Fields() {
		buffers := []*memory.Buffer{nil, zeros}
		if f.Type.ID() == arrow.STRING {
			buffers = append(buffers, memory.NewBufferBytes(nil))
		}
		columns[i] = array.MakeFromData(array.NewData(f.Type, rows, buffers, nil, 0, 0))
	}
	var message bytes.Buffer
	w := ipc.NewWriter(&message, ipc.WithSchema(schema), ipc.WithZstd())
	if err := w.Write(array.NewRecordBatch(schema, columns, int64(rows))); err != nil {
		panic(err)
	}
	return message.Bytes()
}

// widthOf is how many bytes a value takes that is zero.
func widthOf(t arrow.DataType) int {
	if fixed, ok := t.(arrow.FixedWidthDataType); ok {
		return fixed.Bytes()
	}
	return arrow.Int32SizeBytes // the end of a text
}

type liar struct {
	plugin.NetRPCUnsupportedPlugin
	proto.UnimplementedPluginServer
	proto.UnimplementedClassifierServer
	how      string
	region   *region.Region
	answered atomic.Int64
}

// shares tells that it has shared memory, and lies about what is there.
func (l *liar) shares() bool { return strings.HasPrefix(l.how, "shared") }

func (l *liar) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	proto.RegisterPluginServer(s, l)
	proto.RegisterClassifierServer(s, l)
	return nil
}

func (*liar) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("a liar is no client")
}

func (l *liar) Describe(_ context.Context, r *proto.DescribeRequest) (*proto.DescribeResponse, error) {
	return &proto.DescribeResponse{
		Name: "evil", Version: "1", Kinds: []proto.Kind{proto.Kind_KIND_CLASSIFIER}, Shares: l.shares() && l.region.Join(r.GetMemory()),
	}, nil
}

func (*liar) Open(context.Context, *proto.OpenClassifierRequest) (*proto.OpenClassifierResponse, error) {
	return &proto.OpenClassifierResponse{Labels: []string{"good", "bad"}, Mode: proto.Mode_MODE_SINGLE}, nil
}

func (l *liar) Classify(stream grpc.BidiStreamingServer[proto.ClassifyRequest, proto.ClassifyResponse]) error {
	in, out := frame.NewDecoder(answer.Texts, memory.DefaultAllocator), frame.NewEncoder(answer.Schema(false), memory.DefaultAllocator, nil)
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		texts, err := in.Decode(request.GetBatch())
		if err != nil {
			return err
		}
		how := l.how
		if n := l.answered.Add(1); n <= honestAnswers && how != "columns" && how != "bomb" {
			how = ""
		}
		response := lie(how, request.GetSeq(), int(texts.NumRows()), out)
		if how != "" && l.shares() || how == "refers" {
			l.refer(response)
		}
		if err := stream.Send(response); err != nil {
			return err
		}
	}
}

// refer puts an answer into shared memory, or says so.
func (l *liar) refer(response *proto.ClassifyResponse) {
	if l.how == "refers" {
		response.Batch, response.Shared = nil, &proto.Shared{Word: 6, Length: 1}
		return
	}
	slot := l.region.Take(0)
	slot.Append(response.GetBatch())
	response.Shared = slot.Send()
	if l.how != "shared, beside" {
		response.Batch = nil
	}
	switch at := response.Shared; l.how {
	case "shared, slot":
		at.Slot = 32
	case "shared, long":
		at.Length = math.MaxUint32
	case "shared, cut":
		at.Length -= 8
	case "shared, word":
		at.Word += 4
	case "shared, twice":
		l.region.Reclaim(at) // as if it had been received
	}
}

// lie is an answer to rows texts, which breaks the protocol in one way.
func lie(how string, seq uint64, rows int, out *frame.Encoder) *proto.ClassifyResponse {
	response := &proto.ClassifyResponse{Seq: seq}
	var r classify.Results
	r.Reset(rows)
	clear(r.Label) // good, all of them
	switch how {
	case "order":
		response.Seq++
	case "twice":
		response.Seq--
	case "rows":
		r.Reset(rows + 1)
	case "NaN":
		r.Confidence[1] = float32(math.NaN())
	case "label":
		r.Label[1] = 2
	case "huge":
		response.Batch = make([]byte, proto.MaxMessage+1)
		return response
	case "no Arrow":
		response.Batch = []byte("this is not Arrow")
		return response
	case "bomb":
		response.Batch = bomb(answer.Schema(false))
		return response
	case "columns":
		b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: "label", Type: arrow.BinaryTypes.String}}, nil))
		b.Field(0).(*array.StringBuilder).AppendValues([]string{"good", "bad"}, nil)
		record := b.NewRecordBatch()
		response.Batch, _, _ = frame.NewEncoder(record.Schema(), memory.DefaultAllocator, nil).Encode(record)
		return response
	case "failures":
		response.Rows = []*proto.RowError{{Row: 1}, {Row: 1}}
	}
	record := answer.Write(&r, false)
	defer record.Release()
	response.Batch, _, _ = out.Encode(record) // a buffer takes everything
	return response
}
