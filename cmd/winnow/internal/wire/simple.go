package wire

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"strings"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/sidecar"
	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/connectors/parquet"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/expr"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// Simple is a pipeline with one output, as flags describe it: winnow classify, winnow eval, winnow entities and winnow
// keyphrases.
type Simple struct {
	Inputs      []string
	InputFormat string
	Encoding    string
	Delimiter   string
	Sheet       string
	Text        string
	Gold        string

	Copy       bool // nothing is classified
	Examples   bool // nothing is classified, but texts are made (Options.Examples)
	Labels     classify.LabelSet
	Classifier string
	Cascade    []string // stages, as ParseCascade reads them
	Plugin     string   // as ParsePlugin reads it
	Unpinned   bool     // it may be one that is not installed
	Backend    string   // empty with a fastText model: linear
	Model      string
	Calibrate  string
	MinRate    float64
	Mode       string
	Threshold  *float64
	TopK       int
	Abstain    float64
	Refine     bool
	Explain    bool
	Words      int // that explain a label; 0: the default
	Prefix     string
	Extract    *spec.Extract    // instead of labels; nil: there are labels
	Keyphrases *spec.Keyphrases // instead of labels; nil: there are labels
	Redact     bool             // the output does not get to see what is found
	RedactKey  unit.Secret      // of the hashes in its place; zero: there are none

	Output  string // empty and -: standard output
	Format  string
	Rejects string
}

// Spec makes the spec that the flags stand for. Errors name flags, not places in a spec.
func (o *Simple) Spec() (*spec.Spec, error) {
	s := spec.New()
	s.Name = "classify"
	s.Text, s.Gold = expr.Code{Text: o.Text}, o.Gold
	s.Extract = o.Extract
	s.Keyphrases = o.Keyphrases
	switch {
	case o.Extract != nil:
		s.Name = "entities"
	case o.Keyphrases != nil:
		s.Name = "keyphrases"
	default:
		var err error
		if s.Classify, err = o.classify(); err != nil {
			return nil, err
		}
	}
	switch {
	case o.Copy:
		s.Classify, s.Gold, s.Text = nil, "", expr.Code{}
	case o.Examples:
		s.Classify, s.Gold = nil, ""
	}
	s.Source = o.source()
	s.Sinks = spec.Sinks{{Name: spec.DefaultSink, Kind: kindFile, Config: file.SinkConfig{Path: orDash(o.Output), Format: o.Format}}}
	if o.Redact {
		s.Sinks[0].Redact = &spec.Redact{Types: o.redacted(), Key: o.RedactKey}
	}
	if isParquet(o.Format, o.Output) {
		s.Sinks[0].Kind, s.Sinks[0].Config = kindParquet, parquet.SinkConfig{Path: o.Output}
	}
	if name := nameOf(o.Output); name != "" {
		s.Name = name
	}
	if o.Rejects != "" {
		s.DeadLetters = &spec.Sink{Kind: kindFile, Config: file.SinkConfig{Path: o.Rejects}}
		if isParquet("", o.Rejects) {
			s.DeadLetters.Kind, s.DeadLetters.Config = kindParquet, parquet.SinkConfig{Path: o.Rejects}
		}
	}
	return s, errors.Join(o.idle(), AsFlags(s.Check(Kinds())))
}

// idle refuses flags about text and sheets where the input is Parquet.
func (o *Simple) idle() error {
	var errs []error
	for _, in := range o.Inputs {
		if kind, _ := o.input(in); kind != kindParquet {
			continue
		}
		for _, f := range []struct{ name, value string }{{"--encoding", o.Encoding}, {"--delimiter", o.Delimiter}, {"--sheet", o.Sheet}} {
			if f.value != "" {
				errs = append(errs, fault.New(fault.Usage, "the file is parquet, and %s says nothing about that", f.name).
					At(fault.Where{File: in}).WithFix("leave it out"))
			}
		}
	}
	return errors.Join(errs...)
}

// classify is the label set with its options.
func (o *Simple) classify() (*spec.Classify, error) {
	stages, err := ParseCascade(o.Cascade)
	if err != nil {
		return nil, err
	}
	plugin, err := ParsePlugin(o.Plugin)
	return &spec.Classify{
		Labels: o.Labels, Classifier: o.Classifier, Cascade: stages, Plugin: plugin, Backend: BackendOf(o.Backend, o.Model), Model: o.Model, Mode: classify.Mode(o.Mode),
		Threshold: o.Threshold, TopK: o.TopK, Abstain: o.Abstain, Refine: o.Refine, Prefix: o.Prefix,
		Calibrate: o.Calibrate, MinRate: o.MinRate, Explain: o.Explain, ExplainWords: o.Words,
	}, err
}

// redacted are the types that --redact hides: those that are looked for.
func (o *Simple) redacted() []string {
	if len(o.Extract.Types) > 0 {
		return o.Extract.Types
	}
	return []string{spec.AllTypes}
}

// source is one input, or all of them as one.
func (o *Simple) source() spec.Source {
	if len(o.Inputs) == 1 {
		kind, config := o.input(o.Inputs[0])
		return spec.Source{Kind: kind, Config: config}
	}
	all := &manyConfig{}
	for _, in := range o.Inputs {
		_, config := o.input(in)
		all.Inputs = append(all.Inputs, config)
	}
	return spec.Source{Kind: kindFile, Config: all}
}

func (o *Simple) input(path string) (kind string, config pipeline.SourceConfig) {
	if isParquet(o.InputFormat, path) || o.InputFormat == "" && holdsParquet(path) {
		return kindParquet, &parquet.SourceConfig{Path: path}
	}
	return kindFile, &file.SourceConfig{
		Path: path, Format: o.InputFormat, Encoding: o.Encoding, Delimiter: o.Delimiter, Sheet: o.Sheet,
	}
}

// StateFolder is where the state is kept: the folder given, else <output>.winnow. Standard output can't be resumed.
func (o *Simple) StateFolder(given string) string {
	switch {
	case orDash(o.Output) == "-":
		return ""
	case given != "":
		return given
	default:
		return sidecar.State(o.Output)
	}
}

func orDash(path string) string {
	if path == "" {
		return "-"
	}
	return path
}

// isParquet goes by the format that was named, else by the path's ending.
func isParquet(format, path string) bool {
	if format != "" {
		return format == kindParquet
	}
	return strings.EqualFold(filepath.Ext(path), ".parquet")
}

// parquetMagic is how Parquet files begin.
var parquetMagic = []byte("PAR1")

// holdsParquet looks at the first file behind a path. What can't be read is left to whoever reads it.
func holdsParquet(path string) bool {
	files, err := expand(disk.OS{}, path)
	if err != nil || len(files) == 0 {
		return false
	}
	if isParquet("", files[0]) {
		return true
	}
	f, err := disk.OS{}.Open(files[0])
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, len(parquetMagic))
	_, err = io.ReadFull(f, head)
	return err == nil && bytes.Equal(head, parquetMagic)
}

// nameOf makes a pipeline's name of its output's: what status lists it by.
func nameOf(output string) string {
	if orDash(output) == "-" {
		return ""
	}
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			return r
		default:
			return '_'
		}
	}, filepath.Base(sidecar.Output(output)))
	return strings.TrimLeft(name[:min(len(name), 100)], "._-")
}

// flagOf says which flag a place of the spec was set by. Longer places come first.
var flagOf = []struct{ path, flag string }{
	{"classify.threshold", "--threshold"},
	{"classify.top_k", "--top-k"},
	{"classify.abstain", "--abstain"},
	{"classify.model", "--model"},
	{"classify.calibrate", "--calibrate"},
	{"classify.min_rate", "--min-rate"},
	{"classify.refine", "--refine"},
	{"classify.explain_words", "--explain-words"},
	{"classify.explain", "--explain"},
	{"classify.mode", "--mode"},
	{"classify.backend", "--backend"},
	{"classify.labels", "--labels"},
	{"classify.prefix", "--prefix"},
	{"classify.classifier", "--classifier"},
	{"classify.cascade", "--cascade"},
	{pluginPath, "--plugin"},
	{"classify", "--labels"},
	{"extract.types", "--types"},
	{"extract.lists", "--list"},
	{"extract.classifier", "--classifier"},
	{"extract.min_confidence", "--min-confidence"},
	{"keyphrases.max", "--max"},
	{"keyphrases.words", "--words"},
	{"keyphrases.diversity", "--diversity"},
	{"sinks.default.redact.key", "--redact-key"},
	{"sinks.default.redact", "--redact"},
	{"text", "--text"},
	{"gold", "--gold"},
	{"source.file.format", "--input-format"},
	{"source.file.encoding", "--encoding"},
	{"source.file.delimiter", "--delimiter"},
	{"source", "input"},
	{"sinks.default.file.format", "--format"},
	{"sinks.default", "--output"},
	{"dead_letters", "--rejects"},
}

// AsFlags names the flags where errors name places in a spec.
func AsFlags(err error) error {
	var errs []error
	for _, e := range fault.List(err) {
		for _, f := range flagOf {
			if strings.HasPrefix(e.Where.Path, f.path) {
				w := e.Where
				w.File, w.Path = strings.TrimSpace(f.flag+" "+w.File), ""
				e = e.At(w)
				break
			}
		}
		errs = append(errs, e)
	}
	return errors.Join(errs...)
}
