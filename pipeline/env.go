package pipeline

import (
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/pipeline/disk"
)

// Env is the world that connectors are built in: whoever builds a pipeline passes it on, so that tests can hold it.
type Env struct {
	FS  disk.FS
	Log zerolog.Logger
}

// SourceConfig is a connector's configuration as a source: a plain struct with yaml tags whose comments are the
// reference. Check returns every bad field at once (errors.Join of coded errors whose Where.Path is relative to the
// struct). NewSource touches nothing outside.
type SourceConfig interface {
	Check() error
	NewSource(env Env) (Source, error)
}

// SinkConfig is a connector's configuration as a sink or as dead letters.
type SinkConfig interface {
	Check() error
	NewSink(env Env) (Sink, error)
}
