package pipeline

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/disk"
)

// Config is everything a pipeline is made of. Zero values are the defaults that the comments name.
type Config struct {
	Name   string
	Source Source
	// Stages run before classification, in this order: filter, then text. A stage that classification needs puts the
	// text into the column ColText.
	Stages []Stage
	// Classifier labels the texts. Nil: records are copied, filtered and routed only.
	Classifier classify.Classifier
	// Explain is how many words tell of each label what moved its score, at most. 0: none do, else the classifier has to have
	// an explainer (classify.ExplainerOf).
	Explain int
	// Extractor finds entities in the texts. Nil: none are looked for.
	Extractor classify.Extractor
	// Keyphraser gives the texts free tags. Nil: none are looked for.
	Keyphraser classify.Keyphraser
	// Refine moves the classifier's prototypes by a first pass over the input (classify.Refiner).
	Refine bool
	// Prefix is put before every result column's name. Without it a result that would collide with a field of the
	// input gets the prefix "predicted_", and the others none.
	Prefix string
	// Gold names the input's own label column, a string or a list of strings, to compare with. Empty: none.
	Gold string
	// Router chooses a sink for each row. Nil: all rows go to the first sink.
	Router Router
	Sinks  []NamedSink
	// Redactors hide parts of the records from the sinks of the same indexes; nil: a sink sees everything. Empty: all do.
	Redactors []Redactor
	// DeadLetters gets rejected records. Nil: the first one stops the pipeline.
	DeadLetters Sink
	// Recorder keeps a stream's checkpoints beside its output. Nil: the source keeps them.
	Recorder Recorder
	// Tracer is told of batches and epochs. Nil: nobody is.
	Tracer Tracer

	// State is the folder that makes the run resumable. Empty: nothing is kept, and a run that ends early has to be
	// started anew.
	State string
	// Identity is a hash over everything in the spec that decides the output. State of another identity is refused.
	Identity string
	// Resolved is what names in the spec stood for when the pipeline was built, such as a saved classifier's version. The
	// state keeps it for whoever builds the run's continuation (ReadResolved).
	Resolved map[string]string
	// Notes tell the user what was assumed when the pipeline was built; the plan has them beside its own.
	Notes []string
	// Overwrite starts anew: state and leftovers of an earlier run go, and existing outputs are replaced at the seal.
	Overwrite bool
	// Limit ends the run after so many records. 0: no limit.
	Limit int64
	// Guarantee is the least that is asked for: a pipeline that gives less is refused. Empty: whatever it gives.
	Guarantee Guarantee

	Memory    int64         // bytes in flight over the whole pipeline; default 256 MiB
	BatchRows int           // default 4,096
	BatchSize int           // bytes; default 4 MiB
	MaxRecord int           // bytes; default 16 MiB
	Workers   int           // default GOMAXPROCS
	Commit    CommitCadence // default 1,000,000 records (of a stream 50,000) or 1 s
	// MaxErrorRate is the share of rejected records among the last 10,000 above which the pipeline stops; 1 turns the
	// breaker off. Default 0.1.
	MaxErrorRate float64
	// Finish reads nothing more: what the run has committed is sealed, as if its input ended there.
	Finish bool
	// AllowRejected completes a bounded run of which every record was rejected, too.
	AllowRejected bool
	// RetryBudget is how long a transient error is tried again before it ends the pipeline. Default 60 s.
	RetryBudget time.Duration
	// StallTimeout is how long a stream's split may have records to read and make no progress before Status.StalledSince
	// tells. Default 60 s.
	StallTimeout time.Duration
	// DriftWindow is how many of a stream's records Status.Drift compares with as many of its first. Default 10,000.
	DriftWindow int64
	// ShutdownTimeout is how long Drain may take before the pipeline is cut off. Default 30 s.
	ShutdownTimeout time.Duration

	FS    disk.FS          // default the operating system's
	Alloc memory.Allocator // default a pooling allocator over the Go heap
	Log   zerolog.Logger
}

// CommitCadence says how often an epoch ends: at whichever comes first.
type CommitCadence struct {
	Records  int64
	Interval time.Duration
}

// NamedSink is a sink under the name that routes and status know it by.
type NamedSink struct {
	Name string
	Sink Sink
}

// Router chooses the sink of each row. The engine calls Route from many goroutines at once.
type Router interface {
	// Route sets dest[i] to the index of row i's sink, or to -1 to drop it. len(dest) is b.Len(); rows that aren't live
	// don't count.
	Route(ctx context.Context, b *Batch, dest []int16) error
	// Needs are the input columns that Route reads.
	Needs(in *Layout) ([]arrow.Field, error)
}

// RouteDescriber is a router that can say for people which records a sink gets. Routers may have it.
type RouteDescriber interface {
	Gets(sink int16) string
}

func (c *Config) setDefaults() {
	setDefault(&c.Name, "winnow")
	setDefault(&c.Memory, 256<<20)
	setDefault(&c.BatchRows, 4096)
	setDefault(&c.BatchSize, 4<<20)
	setDefault(&c.MaxRecord, 16<<20)
	setDefault(&c.Workers, runtime.GOMAXPROCS(0))
	if _, ok := c.Source.(Streamer); ok {
		setDefault(&c.Commit.Records, 50_000)
	}
	setDefault(&c.Commit.Records, 1_000_000)
	setDefault(&c.Commit.Interval, time.Second)
	setDefault(&c.MaxErrorRate, 0.1)
	setDefault(&c.RetryBudget, time.Minute)
	setDefault(&c.StallTimeout, time.Minute)
	setDefault(&c.DriftWindow, 10_000)
	setDefault(&c.ShutdownTimeout, 30*time.Second)
	if c.FS == nil {
		c.FS = disk.OS{}
	}
	if c.Alloc == nil {
		c.Alloc = newPool()
	}
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// validate is about programmers' mistakes only: users' are found by the spec's checks.
func (c *Config) validate() error {
	switch {
	case c.Source == nil:
		return errors.New("pipeline: no source")
	case len(c.Sinks) == 0:
		return errors.New("pipeline: no sink")
	case c.Refine && c.Classifier == nil:
		return errors.New("pipeline: refine without a classifier")
	case c.Explain != 0 && (c.Classifier == nil || classify.ExplainerOf(c.Classifier) == nil):
		return errors.New("pipeline: nothing to explain the classifier's answers")
	}
	return nil
}
