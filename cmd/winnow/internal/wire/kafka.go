package wire

import (
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/connectors/commitlog"
	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/connectors/kafka"
	"github.com/winnow-stream/winnow/connectors/parquet"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// What a stream to part files commits at by default, beside the sizes at which its sinks' parts are full: few parts, of a
// size that readers like. There is no limit of records. Nothing that an epoch keeps grows with them: the ledger and the log
// have an entry a split, the tally one a label, lines are in their files, and what Parquet holds back is bounded by memory.
// Such a limit would only make the parts of many partitions small.
const (
	filesInterval = time.Minute
	filesRecords  = math.MaxInt64
)

// streaming is what the sinks of a stream share: a transaction, a commit log, or both.
type streaming struct {
	spec   *spec.Spec
	env    pipeline.Env
	source *kafka.Source
	log    *commitlog.Log // nil until a sink writes files
	kafka  bool           // a sink writes in the source's transaction
}

// newStreaming returns nil where the source is none that streams.
func newStreaming(s *spec.Spec, env pipeline.Env, source pipeline.Source) *streaming {
	k, ok := source.(*kafka.Source)
	if !ok {
		return nil
	}
	st := &streaming{spec: s, env: env, source: k}
	for _, c := range st.configs() {
		st.kafka = st.kafka || s.Guarantee != pipeline.AtLeastOnce && kafka.Enlists(s.Source.Config, c)
	}
	return st
}

// Messages is the system that the source's records are messages of, and the group that reads them; empty where they are
// none.
func Messages(s *spec.Spec) (system, group string) {
	if k, ok := s.Source.Config.(*kafka.SourceConfig); ok {
		return kindKafka, k.Group
	}
	return "", ""
}

// configs are the configurations of all outputs.
func (st *streaming) configs() []pipeline.SinkConfig {
	var all []pipeline.SinkConfig
	for _, s := range st.spec.Sinks {
		all = append(all, s.Config)
	}
	if d := deadLetters(st.spec, nil); d != nil {
		all = append(all, d)
	}
	return all
}

// checkTopics refuses to write into topics that are read, and labelled records among dead letters.
func checkTopics(s *spec.Spec, c classify.Classifier) error {
	var labels []string
	if c != nil {
		labels = c.Info().Labels
	}
	dead := deadLetters(s, nil)
	if err := kafka.CheckLoops(s.Source.Config, nil, dead, labels); err != nil {
		return onField("dead_letters.kafka.topic", err)
	}
	for _, sink := range s.Sinks {
		if err := kafka.CheckLoops(s.Source.Config, []pipeline.SinkConfig{sink.Config}, dead, labels); err != nil {
			return onField("sinks."+sink.Name+".kafka.topic", err)
		}
	}
	return nil
}

// onField says which field of the spec an error is about.
func onField(path string, err error) error {
	if e, ok := fault.As(err); ok {
		return e.At(fault.Where{Path: path})
	}
	return err
}

// sink makes one of the sinks. Files become parts that the commit log, or the source's transaction, decides over.
func (st *streaming) sink(name, kind string, c pipeline.SinkConfig) (pipeline.Sink, error) {
	var folder, ext string
	var limits commitlog.Limits
	var at func(path string) pipeline.SinkConfig
	if v, ok := c.(file.SinkConfig); ok {
		c = &v
	}
	switch c := c.(type) {
	case *file.SinkConfig:
		if c.Path == "-" {
			return c.NewSink(st.env)
		}
		folder, ext = c.Path, c.Ext()
		limits.Bytes, limits.Rows = c.PartLimits()
		at = func(path string) pipeline.SinkConfig {
			part := *c
			part.Path, part.PartBytes, part.PartRows = path, 0, 0
			return &part
		}
	case *parquet.SinkConfig:
		folder, ext = c.Path, ".parquet"
		limits.Bytes = c.PartLimit()
		at = func(path string) pipeline.SinkConfig {
			part := *c
			part.Path, part.PartSize = path, 0
			return &part
		}
	default:
		s, err := c.NewSink(st.env)
		if k, ok := s.(*kafka.Sink); ok && st.spec.Guarantee != pipeline.AtLeastOnce {
			kafka.Enlist(st.source, k)
		} else if ok {
			kafka.Share(st.source, k)
		}
		return s, err
	}
	if !strings.HasSuffix(folder, "/") {
		return nil, fault.New(fault.ConfigField, "a stream has no end, so that %s would never be complete", folder).
			At(fault.Where{Path: "sinks." + name + "." + kind + ".path"}).
			WithFix("write part files into a folder: %s/", strings.TrimSuffix(folder, filepath.Ext(folder)))
	}
	if st.log == nil {
		st.log = commitlog.New(commitlog.Config{
			Dir: filepath.Join(folder, "_winnow"), Pipeline: st.spec.Name, Transactional: st.kafka, FS: st.env.FS,
			Memory: st.spec.Memory.Bytes(),
		})
	}
	made, err := st.log.Sink(commitlog.SinkConfig{
		Name: name, Folder: folder, Ext: ext, Limits: limits,
		New: func(path string, fsys disk.FS) (pipeline.Sink, error) {
			env := st.env
			env.FS = fsys
			return at(path).NewSink(env)
		},
	})
	if err != nil || name == DeadLetters || !columnar(c) {
		return made, err
	}
	return st.columns(name, kind, c, made)
}

// columnar reports whether a sink needs to know its columns before its first row.
func columnar(c pipeline.SinkConfig) bool {
	switch c := c.(type) {
	case *parquet.SinkConfig:
		return true
	case *file.SinkConfig:
		return strings.HasPrefix(c.Ext(), ".csv") || strings.HasPrefix(c.Ext(), ".tsv")
	default:
		return false
	}
}

// columns gives a sink of columns those that its configuration names, or the standard ones.
func (st *streaming) columns(name, kind string, c pipeline.SinkConfig, made pipeline.Sink) (pipeline.Sink, error) {
	var declared map[string]string
	switch c := c.(type) {
	case *parquet.SinkConfig:
		declared = c.Columns
	case *file.SinkConfig:
		declared = c.Columns
	}
	if len(declared) == 0 {
		text := strings.TrimSpace(st.spec.Text.Text)
		if text == "" {
			text = "text"
		}
		return &keeper{Sink: made, columns: st.source.StandardColumns(text)}, nil
	}
	var fields []arrow.Field
	for _, column := range slices.Sorted(maps.Keys(declared)) {
		f, ok := columnTypes[declared[column]]
		if !ok {
			return nil, fault.New(fault.ConfigField, "the column %s has the type %q", column, declared[column]).
				At(fault.Where{Path: "sinks." + name + "." + kind + ".columns"}).WithFix("use int64, float64, bool, string or json")
		}
		f.Name = column
		fields = append(fields, f)
	}
	if !st.source.Declare(fields) {
		return nil, fault.New(fault.ConfigField, "two sinks give a field two types, or the messages are text").
			At(fault.Where{Path: "sinks." + name + "." + kind + ".columns"}).WithFix("give each field one type in all sinks")
	}
	return made, nil
}

// columnTypes are the types of columns that a spec can name.
var columnTypes = map[string]arrow.Field{
	"int64":   {Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	"float64": {Type: arrow.PrimitiveTypes.Float64, Nullable: true},
	"bool":    {Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
	"string":  {Type: arrow.BinaryTypes.String, Nullable: true},
	"json":    {Type: arrow.BinaryTypes.String, Nullable: true, Metadata: pipeline.JSONText},
}

// settle gives the pipeline what its sinks turned out to need.
func (st *streaming) settle(cfg *pipeline.Config) {
	if st.log != nil {
		cfg.Recorder = st.log
		if cfg.Commit.Interval == 0 {
			cfg.Commit.Interval = filesInterval
		}
		if cfg.Commit.Records == 0 {
			cfg.Commit.Records = filesRecords
		}
	}
	st.source.Outlast(cfg.Commit.Interval)
}

// Until sets where a stream from Kafka ends, in place of what its spec says; empty leaves it.
func Until(s *spec.Spec, place string) error {
	if place == "" {
		return nil
	}
	c, ok := s.Source.Config.(*kafka.SourceConfig)
	if !ok {
		return fault.New(fault.Usage, "--until is for a source from Kafka, and the spec's is %s", s.Source.Kind).
			WithFix("leave it out: other sources end by themselves, or end by --limit")
	}
	c.Until, c.UntilOffsets = place, nil
	return nil
}
