package spec

import (
	"maps"
	"slices"

	"github.com/winnow-stream/winnow/pipeline"
)

// Kinds are the connectors and backends of a build. A spec names them by their keys; each function returns a pointer to
// a new configuration with its defaults set.
type Kinds struct {
	Sources  map[string]func() pipeline.SourceConfig
	Sinks    map[string]func() pipeline.SinkConfig
	Backends []string
	// Labelled are those of Backends whose models have labels of their own: a spec that names such a model may leave labels
	// out.
	Labelled []string
	// Comments describe the configurations' types and fields for the JSON Schema and the reference, as the command
	// pipeline/spec/commentgen gathers them: "import/path.Type" and "import/path.Type.Field".
	Comments map[string]string
}

// Env looks up an environment variable, as os.LookupEnv does.
type Env = func(name string) (string, bool)

func (k *Kinds) sourceKinds() []string { return slices.Sorted(maps.Keys(k.Sources)) }

func (k *Kinds) sinkKinds() []string { return slices.Sorted(maps.Keys(k.Sinks)) }
