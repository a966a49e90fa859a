// Command protocol1 is a plugin as it was written for protocol 1. See README.md.
package main

import (
	"context"
	"errors"
	"os"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"protocol1/proto"
)

const maxMessage = 64 << 20

func main() {
	go func() { // winnow holds the other end of standard input
		_, _ = os.Stdin.Read(make([]byte, 1))
		os.Exit(0)
	}()
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig:  plugin.HandshakeConfig{MagicCookieKey: "WINNOW_PLUGIN", MagicCookieValue: "f3a1c6d8-winnow-plugin"},
		VersionedPlugins: map[int]plugin.PluginSet{1: {"winnow": &services{}}},
		GRPCServer: func(o []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(o, grpc.MaxRecvMsgSize(maxMessage), grpc.MaxSendMsgSize(maxMessage))...)
		},
		Logger: hclog.NewNullLogger(),
	})
}

type services struct {
	plugin.NetRPCUnsupportedPlugin
	proto.UnimplementedPluginServer
}

func (s *services) GRPCServer(_ *plugin.GRPCBroker, g *grpc.Server) error {
	proto.RegisterPluginServer(g, s)
	proto.RegisterClassifierServer(g, &classifier{})
	proto.RegisterSourceServer(g, &source{})
	proto.RegisterSinkServer(g, &sink{})
	return nil
}

func (*services) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("it is no client")
}

func (*services) Describe(context.Context, *proto.DescribeRequest) (*proto.DescribeResponse, error) {
	return &proto.DescribeResponse{
		Name: "protocol1", Version: "1.0.0",
		Kinds: []proto.Kind{proto.Kind_KIND_CLASSIFIER, proto.Kind_KIND_SOURCE, proto.Kind_KIND_SINK},
	}, nil
}
