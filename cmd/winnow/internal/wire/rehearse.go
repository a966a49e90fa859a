package wire

import (
	"github.com/winnow-stream/winnow/pipeline"
)

// rehearsal is a sink that asks for the records as the real one does, and writes nothing of them: what is rejected on
// the way to it is the same.
type rehearsal struct {
	discard
	real pipeline.Sink
}

// Need is what the real sink needs.
func (r rehearsal) Need(in *pipeline.Layout) pipeline.Need { return r.real.Need(in) }

// rehearse puts rehearsals in the place of all sinks, which were not opened yet.
func rehearse(cfg *pipeline.Config) {
	for i := range cfg.Sinks {
		cfg.Sinks[i].Sink = rehearsal{real: cfg.Sinks[i].Sink}
	}
	if cfg.DeadLetters != nil {
		cfg.DeadLetters = rehearsal{real: cfg.DeadLetters}
	}
}
