package sdk

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/winnow-stream/winnow/plugins/internal/region"
	"github.com/winnow-stream/winnow/plugins/internal/wire"
	"github.com/winnow-stream/winnow/plugins/proto"
)

// Serve serves the plugin until winnow ends it. A main function has nothing else to do.
func Serve(p Plugin) {
	go endWith(os.Stdin)
	defer runtime.KeepAlive(ballast())
	shared := new(region.Region)
	s := &services{plugin: p, printed: os.Stderr, region: shared, sink: &sink{make: p.Sink}}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: plugin.HandshakeConfig{MagicCookieKey: proto.CookieKey, MagicCookieValue: proto.CookieValue},
		VersionedPlugins: map[int]plugin.PluginSet{
			proto.Version: {proto.Service: s},
		},
		GRPCServer: func(o []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(o, wire.Serve(shared)...)...)
		},
		Logger: hclog.New(&hclog.LoggerOptions{Level: hclog.Error, Output: os.Stderr}),
	})
	if err := s.sink.close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// ballast is memory that is never touched, and takes none from the system: with it the collector lets as much become garbage. A
// batch is garbage once it is answered, and a plugin that holds little else would collect after every few of them.
func ballast() []byte { return make([]byte, 16<<20) }

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
	region  *region.Region
	sink    *sink
}

var _ plugin.GRPCPlugin = (*services)(nil)

// GRPCServer registers the plugin's services.
func (s *services) GRPCServer(_ *plugin.GRPCBroker, g *grpc.Server) error {
	proto.RegisterPluginServer(g, &describer{plugin: &s.plugin, printed: s.printed, region: s.region})
	if s.plugin.Classifier != nil {
		proto.RegisterClassifierServer(g, &classifier{make: s.plugin.Classifier, region: s.region})
	}
	if s.plugin.Source != nil {
		proto.RegisterSourceServer(g, &source{make: s.plugin.Source, region: s.region})
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
	region  *region.Region
}

// Describe names the plugin and its kinds. From now on what the plugin prints goes straight to winnow: go-plugin has it go
// through its connection, where the last words of a process that ends would be lost.
func (d *describer) Describe(_ context.Context, r *proto.DescribeRequest) (*proto.DescribeResponse, error) {
	os.Stdout, os.Stderr = d.printed, d.printed
	is := &proto.DescribeResponse{Name: d.plugin.Name, Version: d.plugin.Version, Shares: d.region.Join(r.GetMemory())}
	if d.plugin.Classifier != nil {
		is.Kinds = append(is.Kinds, proto.Kind_KIND_CLASSIFIER)
	}
	if d.plugin.Source != nil {
		is.Kinds = append(is.Kinds, proto.Kind_KIND_SOURCE)
	}
	if d.plugin.Sink != nil {
		is.Kinds = append(is.Kinds, proto.Kind_KIND_SINK)
	}
	return is, nil
}
