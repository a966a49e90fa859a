package wire

import (
	"path/filepath"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/expr"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// The files that running a job needs, in its folder.
const (
	JobResults = "results.ndjson"
	jobState   = "state"
)

// maxJobErrors is the share of records that may fail.
const maxJobErrors = 0.5

// Job makes the pipeline of a job: from its input to the results in a folder of the job's.
func Job(id, input, dir string, c *spec.Classify, log zerolog.Logger) (*pipeline.Pipeline, error) {
	s := spec.New()
	s.Name, s.Classify, s.Text, s.MaxErrorRate = id, c, expr.Code{Text: "text"}, maxJobErrors
	s.Source = spec.Source{Kind: kindFile, Config: &file.SourceConfig{Path: input, Format: "jsonl", Encoding: "utf-8"}}
	s.Sinks = spec.Sinks{{Name: spec.DefaultSink, Kind: kindFile, Config: file.SinkConfig{Path: filepath.Join(dir, JobResults), Format: "jsonl"}}}
	r := newResults(disk.OS{}, filepath.Join(dir, JobResults))
	return Build(s, Options{State: filepath.Join(dir, jobState), Sink: r, Rejects: letters{results: r}, Log: log})
}
