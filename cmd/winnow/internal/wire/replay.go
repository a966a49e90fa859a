package wire

import (
	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/connectors/kafka"
	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/connectors/parquet"
	"github.com/winnow-stream/winnow/pipeline/fault"
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

// DeadTopic is where a spec's rejected records go, if that is a topic: with the connection to its cluster.
func DeadTopic(s *spec.Spec) (*kafka.SinkConfig, bool) {
	if s.DeadLetters == nil {
		return nil, false
	}
	dead, ok := s.DeadLetters.Config.(*kafka.SinkConfig)
	if !ok {
		return nil, false
	}
	with := *dead
	if source, ok := s.Source.Config.(*kafka.SourceConfig); ok && with.IsZero() {
		with.Connection = source.Connection
	}
	return &with, true
}

// Connection is how the spec's source reaches its cluster, else its dead letters or its first Kafka sink theirs; nil
// where nothing of it is in Kafka.
func Connection(s *spec.Spec) *cluster.Connection {
	if source, ok := s.Source.Config.(*kafka.SourceConfig); ok {
		return &source.Connection
	}
	if dead, ok := DeadTopic(s); ok {
		return &dead.Connection
	}
	for _, sink := range s.Sinks {
		if k, ok := sink.Config.(*kafka.SinkConfig); ok {
			return &k.Connection
		}
	}
	return nil
}

// ReplayTopic is a spec that sends the messages that another rejected into a topic through its own stages into its own
// sinks; only those of one reason, if there is a code.
func ReplayTopic(s *spec.Spec, code string) (*spec.Spec, error) {
	dead, ok := DeadTopic(s)
	source, fromKafka := s.Source.Config.(*kafka.SourceConfig)
	if !ok || !fromKafka {
		return nil, fault.New(fault.ConfigField, "the source or the dead letters are no topic").
			WithFix("replay into a file with -o PATH")
	}
	r := *s
	r.Source.Config = source.Replay(s.Name, dead, code)
	r.Sinks = make(spec.Sinks, len(s.Sinks))
	for i, sink := range s.Sinks {
		config, ok := sink.Config.(*kafka.SinkConfig)
		if !ok {
			return nil, fault.New(fault.ConfigField, "the sink %s is a file, and what is replayed is never written into an output that is there", sink.Name).
				WithFix("replay into another file with -o PATH")
		}
		with := *config
		if with.IsZero() {
			with.Connection = source.Connection
		}
		sink.Config = &with
		r.Sinks[i] = sink
	}
	letters := *s.DeadLetters
	letters.Config = dead
	r.Name = kafka.ReplayGroup(s.Name)
	r.DeadLetters, r.OnError, r.Limit, r.MaxErrorRate = &letters, spec.ToDeadLetters, 0, 1
	return &r, nil
}
