package wire

import (
	"github.com/winnow-stream/winnow/connectors/kafka"
	"github.com/winnow-stream/winnow/pipeline"
)

// enlist lets the Kafka sinks of a Kafka source write in its transactions.
func enlist(cfg *pipeline.Config) {
	source, ok := cfg.Source.(*kafka.Source)
	if !ok {
		return
	}
	var sinks []*kafka.Sink
	add := func(s pipeline.Sink) {
		if k, ok := s.(*kafka.Sink); ok {
			sinks = append(sinks, k)
		}
	}
	for _, s := range cfg.Sinks {
		add(s.Sink)
	}
	add(cfg.DeadLetters)
	kafka.Enlist(source, sinks...)
}
