package wire

import (
	"io"
	"os"
	"strings"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/sidecar"
	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/connectors/parquet"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// DeadLetters is the name under which rejected records are counted and captured.
const DeadLetters = "dead_letters"

// paths are the paths that a connector reads or writes.
func paths(config any) []string {
	switch c := config.(type) {
	case *file.SourceConfig:
		return []string{c.Path}
	case *parquet.SourceConfig:
		return []string{c.Path}
	case *manyConfig:
		return c.Paths()
	case file.SinkConfig:
		return []string{c.Path}
	case *file.SinkConfig:
		return []string{c.Path}
	case parquet.SinkConfig:
		return []string{c.Path}
	case *parquet.SinkConfig:
		return []string{c.Path}
	default:
		return nil
	}
}

// deadLetters is where a spec's rejected records go: what it says, else beside its first output that is a file; nil
// where the first rejected record stops the pipeline. Beside standard output they go to stderr.
func deadLetters(s *spec.Spec, stderr io.Writer) pipeline.SinkConfig {
	switch {
	case s.OnError == spec.Stop:
		return nil
	case s.DeadLetters != nil:
		return s.DeadLetters.Config
	case s.Source.Kind == kindKafka, s.Source.Kind == kindHTTP && !ToStdout(s): // a stream has no output that ends, beside which they could lie
		return nil
	}
	for _, sink := range s.Sinks {
		for _, p := range paths(sink.Config) {
			if p != "-" && p != "" {
				return file.SinkConfig{Path: sidecar.Rejected(p), Format: "jsonl"}
			}
		}
	}
	if ToStdout(s) {
		if stderr == nil {
			stderr = os.Stderr
		}
		return file.SinkConfig{Path: "-", Format: "jsonl", Writer: stderr}
	}
	return nil
}

// Rejected says for people where rejected records go; empty where there is no such place.
func Rejected(s *spec.Spec) string {
	switch c := deadLetters(s, nil).(type) {
	case nil:
		return ""
	case file.SinkConfig:
		if c.Writer != nil {
			return "standard error"
		}
		return place(c.Path)
	default:
		return strings.Join(paths(c), ", ")
	}
}

// Outputs says for people where records go.
func Outputs(s *spec.Spec) []string {
	var names []string
	for _, sink := range s.Sinks {
		for _, p := range paths(sink.Config) {
			names = append(names, place(p))
		}
	}
	return names
}

func place(path string) string {
	if path == "-" {
		return "standard output"
	}
	return path
}

// ToStdout reports whether records go to standard output.
func ToStdout(s *spec.Spec) bool {
	for _, sink := range s.Sinks {
		for _, p := range paths(sink.Config) {
			if p == "-" {
				return true
			}
		}
	}
	return false
}

// StateFolder is where the state of a spec's pipeline is kept: the folder given, else .winnow/<name>. Standard output
// can't be resumed, so no state is kept for it.
func StateFolder(s *spec.Spec, given string) string {
	switch {
	case ToStdout(s):
		return ""
	case given != "":
		return given
	default:
		return sidecar.StateOf(s.Name)
	}
}
