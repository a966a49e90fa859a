package wire

import (
	"path/filepath"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/table"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// TableResults is the output of a table's job in its folder.
const TableResults = "results"

// enginePrefix begins the names of the columns that the engine makes, of which the output's are made: no file has such.
const enginePrefix = "_winnow_"

// Table makes the pipeline of a job that gives a file back with columns added: from its input to TableResults in a folder of
// the job's. c is the classifier; where entities are looked for there is none.
func Table(id, input, dir string, t *table.Config, c *spec.Classify, plugins *Plugins, log zerolog.Logger) (*pipeline.Pipeline, error) {
	return buildTable(tableSpec(id, input, dir, t, c), dir, t, c, Options{Plugins: plugins, Log: log})
}

// tableSpec is what such a pipeline does.
func tableSpec(id, input, dir string, t *table.Config, c *spec.Classify) *spec.Spec {
	s := spec.New()
	s.Name, s.Text, s.MaxErrorRate = id, table.Text(t.Text), maxJobErrors
	switch {
	case t.Separate: // the stage knows
	case t.Entities != nil:
		s.Extract = tableExtract(t)
	default:
		s.Classify = tableClassify(t, c)
	}
	s.Source = spec.Source{Kind: tableKind(t.Input.Format), Config: t.Source(input)}
	s.Sinks = spec.Sinks{{Name: spec.DefaultSink, Kind: tableKind(t.Output.Format), Config: t.Output.Sink(filepath.Join(dir, TableResults))}}
	return s
}

func tableExtract(t *table.Config) *spec.Extract {
	return &spec.Extract{Types: t.Entities.Types, Classifier: t.Entities.Tagger, MinConfidence: t.Threshold, Prefix: enginePrefix}
}

func tableClassify(t *table.Config, c *spec.Classify) *spec.Classify {
	k := *c
	if k.Prefix = enginePrefix; t.TopK > 1 {
		k.TopK = t.TopK
	}
	return &k
}

// separate makes the stage of a job that answers each of its columns by itself; nil: it does not.
func separate(t *table.Config, c *spec.Classify, o *Options) (*table.Separate, error) {
	switch {
	case !t.Separate:
		return nil, nil
	case t.Entities == nil:
		k, err := o.classifier(tableClassify(t, c))
		if err != nil {
			return nil, err
		}
		return table.NewSeparate(t, k, nil), nil
	}
	found, err := newEntities(tableExtract(t), o.Log)
	if err != nil {
		return nil, err
	}
	x, err := found.extractor(t.Entities.Types, false)
	if err != nil {
		return nil, err
	}
	return table.NewSeparate(t, nil, x), nil
}

// buildTable makes the pipeline, with its output and its state in a folder.
func buildTable(s *spec.Spec, dir string, t *table.Config, c *spec.Classify, o Options) (*pipeline.Pipeline, error) {
	by, err := separate(t, c, &o)
	if err != nil {
		return nil, err
	}
	sink, err := table.NewSink(t, filepath.Join(dir, TableResults), pipeline.Env{FS: disk.OS{}, Log: o.Log}, by)
	if err != nil {
		return nil, err
	}
	o.State, o.Sink = filepath.Join(dir, jobState), sink
	if by != nil {
		o.Stage = by
	}
	return Build(s, o)
}

// tableKind is the connector of a table's format.
func tableKind(format string) string {
	if format == table.Parquet {
		return kindParquet
	}
	return kindFile
}
