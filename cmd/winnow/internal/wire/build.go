package wire

import (
	"errors"
	"io"
	"runtime"
	"slices"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/spec"
	"github.com/winnow-stream/winnow/plugins/host"
)

// Options are what a pipeline takes from its surroundings rather than from its spec.
type Options struct {
	State     string   // the state folder; empty: none is kept
	Overwrite bool     // start anew and replace outputs
	Limit     int64    // of records; 0: the spec's
	Workers   int      // 0: the spec's
	Keep      []string // columns of the input that outputs have; empty: all of them
	// Sink gets the records of every output. Rejected ones go to Rejects; where that is nil they are counted and thrown away.
	Sink    pipeline.Sink
	Rejects pipeline.Sink
	// Dry prints each record as a line of JSON with the sink that it would go to, and writes nothing else.
	Dry io.Writer
	// Examples names the column with the records' own labels, where texts are wanted to learn from and nothing is
	// classified: they are made as for a classifier.
	Examples string
	// Classifier stands in for the spec's, which is not made. It sees each text by itself, also where texts repeat.
	Classifier classify.Classifier
	// Stage comes after the spec's own; nil: there is no other.
	Stage pipeline.Stage
	// Finish reads nothing more: what the run has committed is sealed.
	Finish bool
	// AllowRejected completes a run of which every record was rejected, too.
	AllowRejected bool
	// Rehearse lets outputs say what they need of the records, and writes nothing.
	Rehearse bool
	// Capture gets every outcome, and nothing is written.
	Capture func(Outcome)
	// Offline does not look at the places of outputs.
	Offline bool
	// Stdin, Stdout and Stderr are what the path - and rejected records without a file go through; nil: the process's.
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	FS     disk.FS         // nil: the operating system's
	Tracer pipeline.Tracer // nil: there are no traces
	// Plugins starts those that the spec names; nil: it may name none. Unpinned allows ones that are not installed.
	Plugins  *Plugins
	Unpinned bool
	Log      zerolog.Logger
}

// Build makes the pipeline that a spec describes. It looks for the folders of outputs and may read a model; it writes
// nothing.
func Build(s *spec.Spec, o Options) (*pipeline.Pipeline, error) {
	if err := s.Check(Kinds()); err != nil {
		return nil, err
	}
	if o.FS == nil {
		o.FS = disk.OS{}
	}
	env := pipeline.Env{FS: o.FS, Log: o.Log}
	cfg := pipeline.Config{
		Name: s.Name, Gold: s.Gold, State: o.State, Identity: identity(s, o), Overwrite: o.Overwrite, Limit: s.Limit,
		Memory: s.Memory.Bytes(), BatchRows: s.Batch.Rows, BatchSize: int(s.Batch.Bytes), MaxRecord: int(s.MaxRecordBytes),
		Workers: s.Workers, Commit: pipeline.CommitCadence{Records: s.Commit.Records, Interval: s.Commit.Interval.Std()},
		MaxErrorRate: s.MaxErrorRate, ShutdownTimeout: s.ShutdownTimeout.Std(), StallTimeout: s.StallTimeout.Std(),
		AllowRejected: o.AllowRejected, Finish: o.Finish, DriftWindow: s.Drift.Window, FS: o.FS, Log: o.Log, Tracer: o.Tracer,
	}
	if o.Limit > 0 {
		cfg.Limit = o.Limit
	}
	if o.Workers > 0 {
		cfg.Workers = o.Workers
	}
	var err error
	if o.Classifier == nil {
		if s, err = o.pinAll(s, &cfg); err != nil {
			return nil, err
		}
	}
	if err := buildStages(s, &cfg, &o); err != nil {
		return nil, err
	}
	if cfg.Classifier != nil && s.Batch.Rows == 0 && asks(cfg.Classifier, backendEncoder) {
		cfg.BatchRows = encoderRows
	}
	if cfg.Workers == 0 && asksPlugin(s, &cfg) { // who waits for it takes no CPU
		cfg.Workers = max(runtime.GOMAXPROCS(0), host.Calls)
	}
	if o.Stage != nil {
		cfg.Stages = append(cfg.Stages, o.Stage)
	}
	if o.Examples != "" {
		t := newTextStage(s)
		t.gold = o.Examples
		cfg.Stages = append(cfg.Stages, t)
	}
	if cfg.Source, err = o.reading(s.Source.Config).NewSource(env); err != nil {
		return nil, inPlugin(s, err, s.Source.Kind, "source")
	}
	if err := buildSinks(s, o, env, &cfg); err != nil {
		return nil, err
	}
	return pipeline.New(cfg)
}

// asksPlugin says whether records go through a plugin.
func asksPlugin(s *spec.Spec, cfg *pipeline.Config) bool {
	return s.Source.Kind == kindPlugin || cfg.Classifier != nil && asks(cfg.Classifier, spec.BackendPlugin) ||
		slices.ContainsFunc(s.Sinks, func(sink spec.Sink) bool { return sink.Kind == kindPlugin })
}

// pinAll replaces names of what is saved by the versions that they stand for.
func (o *Options) pinAll(s *spec.Spec, cfg *pipeline.Config) (_ *spec.Spec, err error) {
	if s, err = o.pin(s, cfg); err != nil {
		return nil, err
	}
	if s, err = o.pinTagger(s, cfg); err != nil {
		return nil, err
	}
	return o.pinAuto(s, cfg)
}

// inPlugin gives the error of a connector that is a plugin its place in the spec; others have theirs.
func inPlugin(s *spec.Spec, err error, kind, path string) error {
	if kind != kindPlugin {
		return err
	}
	return inSpec(s, below(err, path+".plugin"), path+".plugin")
}

// buildSinks makes the outputs, or what stands in for them.
func buildSinks(s *spec.Spec, o Options, env pipeline.Env, cfg *pipeline.Config) error {
	if stand := o.standIn(); stand != nil {
		for _, sink := range s.Sinks {
			cfg.Sinks = append(cfg.Sinks, pipeline.NamedSink{Name: sink.Name, Sink: stand(sink.Name)})
		}
		if s.OnError != spec.Stop {
			cfg.DeadLetters = stand(DeadLetters)
		}
		return nil
	}
	if !o.Offline {
		if err := errors.Join(checkDistinct(s, o.FS), checkFolders(s)); err != nil {
			return err
		}
	}
	if err := checkTopics(s, cfg.Classifier); err != nil {
		return err
	}
	stream := newStreaming(s, env, cfg.Source)
	for _, sink := range s.Sinks {
		made, err := makeSink(stream, sink.Name, sink.Kind, o.writing(sink.Config), env)
		if err != nil {
			return inPlugin(s, err, sink.Kind, "sinks."+sink.Name)
		}
		if len(o.Keep) > 0 {
			made = &keeper{Sink: made, columns: o.Keep}
		}
		cfg.Sinks = append(cfg.Sinks, pipeline.NamedSink{Name: sink.Name, Sink: made})
	}
	dead := deadLetters(s, o.Stderr)
	if dead != nil {
		kind := ""
		if s.DeadLetters != nil {
			kind = s.DeadLetters.Kind
		}
		var err error
		if cfg.DeadLetters, err = makeSink(stream, DeadLetters, kind, o.writing(dead), env); err != nil {
			return inPlugin(s, err, kind, DeadLetters)
		}
	}
	if stream != nil {
		stream.settle(cfg)
	}
	if o.Rehearse {
		rehearse(cfg)
	}
	cfg.Guarantee = s.Guarantee
	return nil
}

// makeSink makes an output. Those of a stream share a transaction or a log.
func makeSink(stream *streaming, name, kind string, c pipeline.SinkConfig, env pipeline.Env) (pipeline.Sink, error) {
	if stream == nil {
		return c.NewSink(env)
	}
	return stream.sink(name, kind, c)
}

// standIn returns what makes sinks that write nothing outside; nil where real ones are asked for.
func (o *Options) standIn() func(sink string) pipeline.Sink {
	switch {
	case o.Sink != nil:
		return func(sink string) pipeline.Sink {
			switch {
			case sink != DeadLetters:
				return o.Sink
			case o.Rejects != nil:
				return o.Rejects
			default:
				return discard{}
			}
		}
	case o.Dry != nil:
		p := &printer{w: o.Dry, splits: make(map[string]int)}
		return func(sink string) pipeline.Sink { return &capture{sink: sink, got: p.add, flush: p.flush} }
	case o.Capture != nil:
		return func(sink string) pipeline.Sink {
			return &capture{sink: sink, got: func(out Outcome) error { o.Capture(out); return nil }}
		}
	default:
		return nil
	}
}
