package wire

import (
	"google.golang.org/grpc"

	"github.com/winnow-stream/winnow/plugins/internal/region"
	"github.com/winnow-stream/winnow/plugins/proto"
)

const (
	// window is how many bytes may be on their way to one side, of a stream and of all streams, before it has taken any: a batch of
	// the usual size goes without a wait. gRPC's own guess begins at 64 KiB, and pings to find out more.
	window = 16 << 20
	// writeBuffer is how many bytes are handed to the socket at once.
	writeBuffer = 128 << 10
)

// Dial are the options of the host's side, which shares a region with the plugin's.
func Dial(r *region.Region) []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(proto.MaxMessage), grpc.MaxCallSendMsgSize(proto.MaxMessage), grpc.ForceCodecV2(newCodec(r)),
		),
		grpc.WithStaticStreamWindowSize(window), grpc.WithStaticConnWindowSize(window), grpc.WithWriteBufferSize(writeBuffer),
	}
}

// Serve are the options of the plugin's side.
func Serve(r *region.Region) []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.MaxRecvMsgSize(proto.MaxMessage), grpc.MaxSendMsgSize(proto.MaxMessage), grpc.ForceServerCodecV2(newCodec(r)),
		grpc.StaticStreamWindowSize(window), grpc.StaticConnWindowSize(window), grpc.WriteBufferSize(writeBuffer),
	}
}
