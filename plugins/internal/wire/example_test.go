package wire_test

import (
	"context"
	"fmt"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/winnow-stream/winnow/plugins/internal/region"
	"github.com/winnow-stream/winnow/plugins/internal/wire"
	"github.com/winnow-stream/winnow/plugins/proto"
)

// echo is a sink that tells how large its batches are.
type echo struct{ proto.UnimplementedSinkServer }

func (echo) Write(stream grpc.BidiStreamingServer[proto.WriteRequest, proto.WriteResponse]) error {
	for {
		r, err := stream.Recv()
		if err != nil {
			return err
		}
		if err := stream.Send(&proto.WriteResponse{Seq: r.GetSeq(), Taken: uint32(len(r.GetBatch()))}); err != nil {
			return err
		}
	}
}

// A batch of 8 MiB is more than gRPC lets through by itself.
func Example() {
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(wire.Serve(new(region.Region))...)
	defer server.Stop()
	proto.RegisterSinkServer(server, echo{})
	go func() { _ = server.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:", append(wire.Dial(new(region.Region)),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
	)...)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	writes, err := proto.NewSinkClient(conn).Write(context.Background())
	if err == nil {
		err = writes.Send(&proto.WriteRequest{Seq: 1, Batch: make([]byte, 8<<20)})
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := writes.Recv()
	fmt.Println(r.GetSeq(), r.GetTaken(), err)
	// Output: 1 8388608 <nil>
}
