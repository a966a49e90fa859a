package sdk

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/winnow-stream/winnow/plugins/internal/wire"
	"github.com/winnow-stream/winnow/plugins/proto"
)

// Serve serves the plugin until winnow ends it. A main function has nothing else to do.
func Serve(p Plugin) {
	go endWith(os.Stdin)
	s := &services{plugin: p, printed: os.Stderr, sink: &sink{make: p.Sink}}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: plugin.HandshakeConfig{MagicCookieKey: proto.CookieKey, MagicCookieValue: proto.CookieValue},
		VersionedPlugins: map[int]plugin.PluginSet{
			proto.Version: {proto.Service: s},
		},
		GRPCServer: func(o []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(o, wire.Serve()...)...)
		},
		Logger: hclog.New(&hclog.LoggerOptions{Level: hclog.Error, Output: os.Stderr}),
	})
	if err := s.sink.close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// endWith ends the process when the pipe that winnow holds ends: winnow is gone, however it went.
func endWith(pipe io.Reader) {
	if os.Getenv(proto.CookieKey) != proto.CookieValue {
		return // started by hand: plugin.Serve says so
	}
	_, _ = io.Copy(io.Discard, pipe)
	// winnow made the folder of the socket, and is no longer there to remove it.
	if dir := os.Getenv(plugin.EnvUnixSocketDir); strings.HasPrefix(filepath.Base(dir), "plugin-dir") {
		_ = os.RemoveAll(dir)
	}
	os.Exit(0)
}

// services are what the process serves.
type services struct {
	plugin.NetRPCUnsupportedPlugin
	plugin  Plugin
	printed *os.File // where winnow reads what the plugin prints
	sink    *sink
}

var _ plugin.GRPCPlugin = (*services)(nil)

// GRPCServer registers the plugin's services.
func (s *services) GRPCServer(_ *plugin.GRPCBroker, g *grpc.Server) error {
	proto.RegisterPluginServer(g, &describer{plugin: &s.plugin, printed: s.printed})
	if s.plugin.Classifier != nil {
		proto.RegisterClassifierServer(g, &classifier{make: s.plugin.Classifier})
	}
	if s.plugin.Source != nil {
		proto.RegisterSourceServer(g, &source{make: s.plugin.Source})
	}
	if s.plugin.Sink != nil {
		proto.RegisterSinkServer(g, s.sink)
	}
	return nil
}

// GRPCClient is the host's side, which is elsewhere.
func (s *services) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, nil
}

// describer answers what the plugin is.
type describer struct {
	proto.UnimplementedPluginServer
	plugin  *Plugin
	printed *os.File
}

// Describe names the plugin and its kinds. From now on what the plugin prints goes straight to winnow: go-plugin has it go
// through its connection, where the last words of a process that ends would be lost.
func (d *describer) Describe(context.Context, *proto.DescribeRequest) (*proto.DescribeResponse, error) {
	os.Stdout, os.Stderr = d.printed, d.printed
	r := &proto.DescribeResponse{Name: d.plugin.Name, Version: d.plugin.Version}
	if d.plugin.Classifier != nil {
		r.Kinds = append(r.Kinds, proto.Kind_KIND_CLASSIFIER)
	}
	if d.plugin.Source != nil {
		r.Kinds = append(r.Kinds, proto.Kind_KIND_SOURCE)
	}
	if d.plugin.Sink != nil {
		r.Kinds = append(r.Kinds, proto.Kind_KIND_SINK)
	}
	return r, nil
}
