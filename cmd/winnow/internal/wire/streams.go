package wire

import (
	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/connectors/kafka"
	"github.com/winnow-stream/winnow/pipeline"
)

// reading is a source's configuration with the path - reading o.Stdin. The spec's own stays as it is.
func (o *Options) reading(c pipeline.SourceConfig) pipeline.SourceConfig {
	switch c := c.(type) {
	case *PluginSource:
		with := *c
		with.from, with.state, with.anew = o.maker(), o.State, o.Overwrite
		return &with
	case *file.SourceConfig:
		if o.Stdin != nil && c.Stdin == nil {
			with := *c
			with.Stdin = o.Stdin
			return &with
		}
	case *kafka.SourceConfig:
		if o.standIn() != nil {
			return c.Preview()
		}
	case *manyConfig:
		all := &manyConfig{Inputs: make([]pipeline.SourceConfig, len(c.Inputs))}
		for i, in := range c.Inputs {
			all.Inputs[i] = o.reading(in)
		}
		return all
	}
	return c
}

// writing is a sink's configuration with the path - writing to o.Stdout.
func (o *Options) writing(c pipeline.SinkConfig) pipeline.SinkConfig {
	var with file.SinkConfig
	switch c := c.(type) {
	case *PluginSink:
		with := *c
		with.from = o.maker()
		return &with
	case *file.SinkConfig:
		with = *c
	case file.SinkConfig:
		with = c
	default:
		return c
	}
	if with.Writer == nil {
		with.Writer = o.Stdout
	}
	return with
}
