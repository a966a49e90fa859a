package wire

import (
	"context"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/spec"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/manifest"
)

// PluginSink is a plugin as a sink of a spec.
type PluginSink struct {
	spec.Plugin `yaml:",inline"`

	from maker
}

var _ pipeline.SinkConfig = (*PluginSink)(nil)

// NewSink finds the plugin, holds its configuration to its schema, and starts it: it says what it can do. Nothing is written.
func (c *PluginSink) NewSink(pipeline.Env) (pipeline.Sink, error) {
	program, config, err := c.from.connector(&c.Plugin, manifest.Sink)
	if err != nil {
		return nil, err
	}
	s, err := c.from.plugins.starting().Sink(context.Background(), host.SinkConfig{
		Program: program, Config: config, StartTimeout: c.StartTimeout.Std(), CallTimeout: c.CallTimeout.Std(),
	})
	if err == nil && s.Resumes() {
		return host.NewResumer(s), nil
	}
	return s, err
}
