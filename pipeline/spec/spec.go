package spec

import (
	"time"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/expr"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// Spec is a pipeline: where records come from, what is done with them, and where they go. Its comments are the
// reference of the YAML form. Make one with New or Parse.
type Spec struct {
	// What the pipeline is called in status, metrics and the state folder: letters, digits, '-', '_' and '.'. Default: the
	// spec's file name without its ending.
	Name string `yaml:"name"`
	// Where records come from: one connector by its kind.
	Source Source `yaml:"source" jsonschema:"required"`
	// What is classified: a column's name, or an expression over the record's fields. Default: the column "text", else
	// the only column of text.
	Text expr.Code `yaml:"text"`
	// Only records for which this expression is true go on; the others are dropped and counted.
	Where expr.Code `yaml:"where"`
	// The label set and the classifier. Without it, records are copied, filtered and routed.
	Classify *Classify `yaml:"classify"`
	// The entities that are looked for, beside or instead of labels. They come as the column "entities".
	Extract *Extract `yaml:"extract"`
	// The phrases that tell best what a text is about, beside or instead of labels. They come as the column "keyphrases".
	Keyphrases *Keyphrases `yaml:"keyphrases"`
	// Rules that choose a sink for each record: the first whose `when` is true decides. What no rule takes goes to the
	// sink "default".
	Route []Rule `yaml:"route"`
	// Where records go: connectors by a name of your choice, which `route` refers to. A single sink may have any name.
	Sinks Sinks `yaml:"sinks" jsonschema:"required"`
	// Where rejected records go, with the reason. Default: beside a file output, as <output>.rejected.jsonl.
	DeadLetters *Sink `yaml:"dead_letters"`
	// What a rejected record does: go to the dead letters, or stop the pipeline. Default: dead_letters where there are
	// some, else stop.
	OnError OnError `yaml:"on_error" jsonschema:"enum=stop,enum=dead_letters"`
	// The share of rejected records, of the last 10,000, above which the pipeline stops; 1 turns this off. The first
	// 1,000 records may have up to half.
	MaxErrorRate float64 `yaml:"max_error_rate" jsonschema:"minimum=0,maximum=1"`
	// The delivery guarantee that is asked for: the pipeline is refused when its connectors give less. Default: what
	// they give.
	Guarantee pipeline.Guarantee `yaml:"guarantee" jsonschema:"enum=exactly_once,enum=at_least_once,enum=none"`
	// How many bytes of records may be on their way through the pipeline at once. Where a stream writes part files, as many
	// again may wait in memory for their row groups (Parquet).
	Memory unit.Size `yaml:"memory"`
	// When a batch closes: at whichever comes first.
	Batch Batch `yaml:"batch"`
	// How often progress is committed: at whichever comes first. After a crash at most this much is done again.
	Commit Commit `yaml:"commit"`
	// Records larger than this go to the dead letters.
	MaxRecordBytes unit.Size `yaml:"max_record_bytes"`
	// How many batches are worked on at once. 0: one for each CPU, and four at least where there are plugins.
	Workers int `yaml:"workers" jsonschema:"minimum=0,maximum=1024"`
	// How long an ending pipeline may take to finish what it has begun, before it is cut off.
	ShutdownTimeout unit.Duration `yaml:"shutdown_timeout"`
	// How long a part of a stream may have records to read and make no progress before the pipeline counts as stalled.
	StallTimeout unit.Duration `yaml:"stall_timeout"`
	// How a stream's labels are compared with those of its beginning.
	Drift Drift `yaml:"drift"`
	// Where OpenTelemetry traces go. Without it there are none.
	Tracing *Tracing `yaml:"tracing"`
	// The run ends after this many records. 0: no limit.
	Limit int64 `yaml:"limit" jsonschema:"minimum=0"`
	// The input's own label column, a text or a list of texts: the summary compares the labels with it.
	Gold string `yaml:"gold"`
	// Cases for `winnow test`: records with what is expected of them.
	Tests []TestCase `yaml:"tests"`

	// Warnings are what is allowed, and better done otherwise. Parse fills them in.
	Warnings []*fault.Error `yaml:"-"`

	places places
}

// Source is a connector that records come from.
type Source struct {
	Kind   string // its key in Kinds.Sources: file, parquet, kafka, …
	Config pipeline.SourceConfig
}

// Sink is a connector that records go to.
type Sink struct {
	Name   string // its key under sinks; empty for dead letters
	Kind   string // its key in Kinds.Sinks
	Config pipeline.SinkConfig
	Redact *Redact // nil: it sees everything
}

// Sinks are the sinks in the order of the spec. It is the order of the indexes that routes give.
type Sinks []Sink

// Names returns the sinks' names in order.
func (s Sinks) Names() []string {
	names := make([]string, len(s))
	for i := range s {
		names[i] = s[i].Name
	}
	return names
}

// OnError says what a rejected record does.
type OnError string

const (
	// Stop ends the pipeline at the first rejected record.
	Stop OnError = "stop"
	// ToDeadLetters sets rejected records aside and goes on.
	ToDeadLetters OnError = "dead_letters"
)

// Batch says when a batch of records closes.
type Batch struct {
	// At this many records. 0: what suits the classifier: 4,096, and 1,024 where an encoder answers.
	Rows int `yaml:"rows" jsonschema:"minimum=0"`
	// At this many bytes.
	Bytes unit.Size `yaml:"bytes"`
	// For sources without an end: when its first record has waited this long.
	Linger unit.Duration `yaml:"linger"`
}

// Commit says how often progress is committed.
type Commit struct {
	// At this many records. 0: what suits the connectors: 1,000,000 from files, 50,000 in a stream, and no limit in one to
	// part files.
	Records int64 `yaml:"records" jsonschema:"minimum=0"`
	// After this long. 0: what suits the connectors: 1s, and 1m in a stream to part files, which also commits when a part has
	// its size (part_bytes, part_size of the sink).
	Interval unit.Duration `yaml:"interval"`
}

// Drift says how a stream's labels are compared with those of its beginning.
type Drift struct {
	// How many of the last records are compared with as many of the first ones.
	Window int64 `yaml:"window" jsonschema:"minimum=100"`
}

// Rule sends the records that it is true for to a sink.
type Rule struct {
	// An expression over the record's fields and its result: label, confidence, labels, classifier, keyphrases and entities mean the result,
	// record.label the input's own field. Default: every record.
	When expr.Code `yaml:"when"`
	// The sink's name, or drop.
	To string `yaml:"to" jsonschema:"required"`
}

// Drop is the target of a rule that drops records.
const Drop = "drop"

// DefaultSink is the sink of records that no rule takes.
const DefaultSink = "default"

// TestCase is one case for `winnow test`.
type TestCase struct {
	// What the case is about, for its line in the report.
	Name string `yaml:"name"`
	// The record.
	Input map[string]any `yaml:"input" jsonschema:"required"`
	// Fields of the outcome: those of the labelled record, `to` for the sink (drop, dead_letters), `code` for the
	// reason of a rejected one. Fields that aren't named aren't compared.
	Expect map[string]any `yaml:"expect" jsonschema:"required"`
}

// Place is where the spec's text says what a path such as "classify.classifier" names, for errors of those who build it.
func (s *Spec) Place(path string) fault.Where { return s.places.find(path) }

// New returns a spec with every default set.
func New() *Spec {
	return &Spec{
		MaxErrorRate:    0.1,
		Memory:          256 << 20,
		Batch:           Batch{Bytes: 4 << 20, Linger: unit.Duration(50 * time.Millisecond)},
		MaxRecordBytes:  16 << 20,
		ShutdownTimeout: unit.Duration(30 * time.Second),
		StallTimeout:    unit.Duration(time.Minute),
		Drift:           Drift{Window: 10_000},
	}
}
