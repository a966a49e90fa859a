package wire

import (
	"context"
	"errors"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/spec"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/manifest"
)

// PluginSource is a plugin as the source of a spec.
type PluginSource struct {
	spec.Plugin `yaml:",inline"`

	from  maker
	state string // the folder for the offsets of an input without an end; empty: none is kept
	anew  bool   // forgets those that are there
}

var _ pipeline.SourceConfig = (*PluginSource)(nil)

// NewSource finds the plugin, holds its configuration to its schema, and starts it: it says whether its input has an end.
func (c *PluginSource) NewSource(env pipeline.Env) (pipeline.Source, error) {
	program, config, err := c.from.connector(&c.Plugin, manifest.Source)
	if err != nil {
		return nil, err
	}
	s := c.from.plugins.starting().Source(host.SourceConfig{
		Program: program, Config: config, StartTimeout: c.StartTimeout.Std(), CallTimeout: c.CallTimeout.Std(),
	})
	unbounded, err := s.Unbounded(context.Background())
	switch {
	case err != nil:
		return nil, errors.Join(err, s.Close())
	case unbounded:
		return host.NewFeed(s, host.Place{FS: env.FS, Dir: c.state, Anew: c.anew}), nil
	default:
		return s, nil
	}
}
