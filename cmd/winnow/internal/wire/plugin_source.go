package wire

import (
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/spec"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/manifest"
)

// PluginSource is a plugin as the source of a spec.
type PluginSource struct {
	spec.Plugin `yaml:",inline"`

	plugins  *Plugins // nil where a spec is only checked
	unpinned bool
}

var _ pipeline.SourceConfig = (*PluginSource)(nil)

// NewSource finds the plugin and holds its configuration to its schema. It starts nothing.
func (c *PluginSource) NewSource(pipeline.Env) (pipeline.Source, error) {
	found, config, err := c.plugins.connector(&c.Plugin, manifest.Source, c.unpinned)
	if err != nil {
		return nil, err
	}
	return c.plugins.host.Source(host.SourceConfig{
		Program: program(found, &c.Plugin, config), Config: config, StartTimeout: c.StartTimeout.Std(), CallTimeout: c.CallTimeout.Std(),
	}), nil
}
