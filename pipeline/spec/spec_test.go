package spec

import (
	"errors"
	"strings"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// filePart is a source and sink as the file connector is one.
type filePart struct {
	// A path, a glob or a folder.
	Path string `yaml:"path" jsonschema:"required"`
	// The records' format. Default: by the ending.
	Format string `yaml:"format" jsonschema:"enum=jsonl,enum=csv,enum=text"`
	// Bytes a part.
	Part unit.Size `yaml:"part"`
}

func (f *filePart) Paths() []string { return []string{f.Path} }

func (f *filePart) Check() error {
	if f.Path == "" {
		return fault.New(fault.ConfigMissing, "path is missing").At(fault.Where{Path: "path"})
	}
	if strings.HasSuffix(f.Path, ".doc") {
		return fault.New(fault.ConfigField, "no format has the ending .doc").At(fault.Where{Path: "path"}).WithFix("set format")
	}
	return nil
}

var errUnused = errors.New("not built in tests")

func (f *filePart) NewSource(pipeline.Env) (pipeline.Source, error) { return nil, errUnused }
func (f *filePart) NewSink(pipeline.Env) (pipeline.Sink, error)     { return nil, errUnused }

// kafkaPart is a source and sink with lists, secrets, durations and a nested struct.
type kafkaPart struct {
	// Addresses of some brokers.
	Brokers []string `yaml:"brokers"`
	// The topics that are read.
	Topics []string `yaml:"topics"`
	// The topic that is written.
	Topic string `yaml:"topic"`
	// How long a member may be silent.
	SessionTimeout unit.Duration `yaml:"session_timeout" identity:"-"`
	// How to sign in.
	SASL *saslPart `yaml:"sasl"`
}

type saslPart struct {
	// Whom to sign in as.
	User string `yaml:"user"`
	// The user's password.
	Password unit.Secret `yaml:"password"`
}

func (k *kafkaPart) Check() error                                    { return nil }
func (k *kafkaPart) NewSource(pipeline.Env) (pipeline.Source, error) { return nil, errUnused }
func (k *kafkaPart) NewSink(pipeline.Env) (pipeline.Sink, error)     { return nil, errUnused }

type stdoutPart struct{}

func (*stdoutPart) Check() error                                { return nil }
func (*stdoutPart) NewSink(pipeline.Env) (pipeline.Sink, error) { return nil, errUnused }

func testKinds() Kinds {
	return Kinds{
		Sources: map[string]func() pipeline.SourceConfig{
			"file":  func() pipeline.SourceConfig { return &filePart{} },
			"kafka": func() pipeline.SourceConfig { return &kafkaPart{SessionTimeout: 10e9} },
		},
		Sinks: map[string]func() pipeline.SinkConfig{
			"file":    func() pipeline.SinkConfig { return &filePart{Part: 128 << 20} },
			"parquet": func() pipeline.SinkConfig { return &filePart{} },
			"kafka":   func() pipeline.SinkConfig { return &kafkaPart{} },
			"stdout":  func() pipeline.SinkConfig { return &stdoutPart{} },
		},
		Backends: []string{"static", "linear"},
	}
}

func testEnv(name string) (string, bool) {
	v, ok := map[string]string{"IN": "in.csv", "WORKERS": "3", "PASSWORD": "hunter2", "EMPTY": "", "NUMBER": "17"}[name]
	return v, ok
}
