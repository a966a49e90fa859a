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
	s := spec.New()
	s.Name, s.Text, s.MaxErrorRate = id, table.Text(t.Text), maxJobErrors
	if e := t.Entities; e != nil {
		s.Extract = &spec.Extract{Types: e.Types, Classifier: e.Tagger, MinConfidence: t.Threshold, Prefix: enginePrefix}
	} else {
		k := *c
		if k.Prefix = enginePrefix; t.TopK > 1 {
			k.TopK = t.TopK
		}
		s.Classify = &k
	}
	path := filepath.Join(dir, TableResults)
	s.Source = spec.Source{Kind: tableKind(t.Input.Format), Config: t.Input.Source(input)}
	s.Sinks = spec.Sinks{{Name: spec.DefaultSink, Kind: tableKind(t.Output.Format), Config: t.Output.Sink(path)}}
	sink, err := table.NewSink(t, path, pipeline.Env{FS: disk.OS{}, Log: log})
	if err != nil {
		return nil, err
	}
	return Build(s, Options{State: filepath.Join(dir, jobState), Sink: sink, Plugins: plugins, Log: log})
}

// tableKind is the connector of a table's format.
func tableKind(format string) string {
	if format == table.Parquet {
		return kindParquet
	}
	return kindFile
}
