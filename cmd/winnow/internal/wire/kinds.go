package wire

import (
	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/connectors/http"
	"github.com/winnow-stream/winnow/connectors/kafka"
	"github.com/winnow-stream/winnow/connectors/parquet"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// Names of the connectors, as specs know them.
const (
	kindFile    = "file"
	kindHTTP    = "http"
	kindKafka   = "kafka"
	kindParquet = "parquet"
	kindPlugin  = "plugin"
)

//go:generate go run ../../../../pipeline/spec/commentgen -package wire -var comments -o comments.gen.go connectors/file connectors/http connectors/kafka connectors/kafka/cluster connectors/kafka/registry connectors/parquet

// Kinds are the connectors and backends of this build.
func Kinds() spec.Kinds {
	return spec.Kinds{
		Sources: map[string]func() pipeline.SourceConfig{
			kindFile:    func() pipeline.SourceConfig { return new(file.SourceConfig) },
			kindHTTP:    func() pipeline.SourceConfig { return new(http.SourceConfig) },
			kindParquet: func() pipeline.SourceConfig { return new(parquet.SourceConfig) },
			kindKafka:   func() pipeline.SourceConfig { return new(kafka.SourceConfig) },
			kindPlugin:  func() pipeline.SourceConfig { return new(PluginSource) },
		},
		Sinks: map[string]func() pipeline.SinkConfig{
			kindFile:    func() pipeline.SinkConfig { return new(file.SinkConfig) },
			kindHTTP:    func() pipeline.SinkConfig { return new(http.SinkConfig) },
			kindKafka:   func() pipeline.SinkConfig { return new(kafka.SinkConfig) },
			kindParquet: func() pipeline.SinkConfig { return new(parquet.SinkConfig) },
			kindPlugin:  func() pipeline.SinkConfig { return new(PluginSink) },
		},
		Backends: []string{backendStatic, backendEncoder, spec.Auto, backendLinear},
		Labelled: []string{backendLinear},
		Comments: comments,
	}
}
