package span

import (
	"math/rand/v2"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"github.com/winnow-stream/winnow/pipeline"
)

// scope names the spans' instrumentation.
const scope = "github.com/winnow-stream/winnow/pipeline"

// Config is what a Tracer needs.
type Config struct {
	// Provider makes the spans. It should sample whatever it is asked for: the choice is made here.
	Provider trace.TracerProvider
	Pipeline string // the pipeline's name
	Version  string // of the program
	// System is where the records' splits, which are called destination/partition then, lie: kafka. Empty: they are no
	// messages.
	System string
	Group  string // the consumer group
	// Sample is the share of batches, from 0 to 1, that get spans. Those that hold a record with a sampled context always do.
	Sample float64
	// Omitted is told how many batches and records got no spans since too many of them waited for one epoch's end. Nil:
	// nobody is.
	Omitted func(spans int)
}

// Tracer makes spans of what the engine tells. Its methods are the engine's to call.
type Tracer struct {
	cfg     Config
	tracer  trace.Tracer
	held    []*batch // of the epoch that has not ended
	records int      // in held
	omitted int      // batches and records for which there was no room
}

var _ pipeline.Tracer = (*Tracer)(nil)

// New returns a tracer for one pipeline.
func New(cfg Config) *Tracer {
	return &Tracer{cfg: cfg, tracer: cfg.Provider.Tracer(scope, trace.WithInstrumentationVersion(cfg.Version))}
}

// Batch keeps what the spans of a batch need until its epoch has ended.
func (t *Tracer) Batch(b *pipeline.Batch, w *pipeline.Way, err error) {
	found := find(b, min(maxRecords, maxHeldRecords-t.records))
	if found.links.count() == 0 && rand.Float64() >= t.cfg.Sample {
		return
	}
	if len(t.held) == maxHeldBatches {
		t.omitted += 1 + len(found.records) + found.recordsOmitted
		return
	}
	found.describe(b, w, err)
	t.held = append(t.held, found)
	t.records += len(found.records)
}

// find looks for trace contexts: room is for how many records with a span of their own.
func find(b *pipeline.Batch, room int) *batch {
	out := &batch{}
	for _, p := range b.Parents {
		out.links.add(carried{p.Parent, p.State})
	}
	h, requests := headersOf(b), out.links.count()
	if h.lists == nil {
		return out
	}
	for row := range b.Len() {
		if c := out.links.add(h.of(row)); c.IsSampled() && len(out.records) < room {
			out.records = append(out.records, newRecord(b, row, c))
		}
	}
	out.recordsOmitted = out.links.count() - requests - len(out.records)
	return out
}

// Epoch makes the spans of the batches that the epoch covers.
func (t *Tracer) Epoch(e pipeline.EpochEnd) {
	for i, b := range t.held {
		void := slices.ContainsFunc(e.Void, func(s *pipeline.Split) bool { return s.ID == b.split })
		t.emit(b, e, e.Committed && b.err == nil && !void)
		t.held[i] = nil
	}
	if t.omitted > 0 && t.cfg.Omitted != nil {
		t.cfg.Omitted(t.omitted)
	}
	t.held, t.records, t.omitted = t.held[:0], 0, 0
}

// place takes a split's name apart into destination and partition.
func (t *Tracer) place(split string) (destination, partition string) {
	if i := strings.LastIndexByte(split, '/'); i >= 0 && t.cfg.System != "" {
		return split[:i], split[i+1:]
	}
	return "", ""
}
