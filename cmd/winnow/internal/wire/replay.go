package wire

import (
	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/connectors/parquet"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// Replay is a spec that sends records from another file through the same stages, to one other output.
func Replay(s *spec.Spec, records, output string) *spec.Spec {
	r := *s
	r.Source = spec.Source{Kind: kindFile, Config: &file.SourceConfig{Path: records}}
	sink := spec.Sink{Name: spec.DefaultSink, Kind: kindFile, Config: file.SinkConfig{Path: output}}
	if isParquet("", output) {
		sink.Kind, sink.Config = kindParquet, parquet.SinkConfig{Path: output}
	}
	r.Sinks, r.Route, r.DeadLetters, r.OnError = spec.Sinks{sink}, nil, nil, ""
	r.Limit, r.MaxErrorRate = 0, 1
	return &r
}
