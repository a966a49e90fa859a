package wire

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/classify/encoder"
	"github.com/winnow-stream/winnow/classify/prototype"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

const backendEncoder = "encoder"

// embeddedEncoder runs the model that is compiled in. It is one for the process, so that classifiers which are built of it
// (a cascade's, or those before and after a reload) share its threads. Before the first of them, none of its weights is read.
var embeddedEncoder = sync.OnceValues(func() (*encoder.Encoder, error) {
	m, err := encoder.Embedded()
	if err != nil {
		return nil, fault.New(fault.Internal, "%w", err)
	}
	return encoder.NewEncoder(m, 0), nil
})

// encoderOf runs the model of a folder; that which is compiled in where none is named.
func encoderOf(model string) (*encoder.Encoder, error) {
	if model == "" {
		return embeddedEncoder()
	}
	m, err := encoder.Load(modelFolder(model), encoder.Options{})
	if err != nil {
		return nil, err
	}
	return encoder.NewEncoder(m, 0), nil
}

// encoderClassifier makes a classifier on the vectors of an encoder.
func encoderClassifier(c *spec.Classify) (classify.Classifier, error) {
	e, err := encoderOf(c.Model)
	if err != nil {
		return nil, err
	}
	k, err := encoder.New(encoder.Config{Encoder: e, Config: prototypes(c)})
	if err != nil {
		return nil, err
	}
	return listing(k, c.TopK), nil
}

// prototypes is how labels answer by vectors, whichever makes them.
func prototypes(c *spec.Classify) prototype.Config {
	return prototype.Config{Labels: c.Labels, Answers: answersOf(c), Temperature: c.Temperature}
}

// encoderRows is how many records a batch has where an encoder answers and the spec says nothing else: some seconds of
// work, so that a drain, a commit and the progress don't wait for more.
const encoderRows = 1024

// asks says whether a classifier, or a stage of it, is of a backend.
func asks(k classify.Classifier, backend string) bool {
	if k.Info().Backend == backend {
		return true
	}
	s, ok := k.(classify.Staged)
	return ok && slices.ContainsFunc(s.Stages(), func(r classify.StageReport) bool { return r.Backend == backend })
}

// loadEncoder makes the classifier of a saved label set, on the model that it was saved with.
func loadEncoder(m *catalog.Manifest, blob func(name string) ([]byte, error)) (classify.Classifier, error) {
	e, err := savedEncoder(m, blob)
	if err != nil {
		return nil, err
	}
	o := m.Options
	k, err := encoder.New(encoder.Config{Encoder: e, Config: prototype.Config{
		Labels: m.Labels,
		Answers: classify.Answers{
			Mode: o.Mode, Threshold: o.Threshold, TopK: o.TopK, Abstain: o.Abstain, AbstainLabel: o.AbstainLabel,
		},
		Temperature: o.Temperature,
	}})
	if err != nil {
		return nil, err
	}
	return listing(k, o.TopK), nil
}

// savedEncoder runs the model that a version was saved with: the files among its weights, else the one that is compiled in.
func savedEncoder(m *catalog.Manifest, blob func(name string) ([]byte, error)) (*encoder.Encoder, error) {
	saved := make(map[string]bool, len(m.Weights))
	for _, w := range m.Weights {
		saved[w.Name] = true
	}
	if !saved[encoder.ConfigFile] {
		return embeddedEncoder()
	}
	model, err := encoder.Read(m.Ref(), func(name string) ([]byte, error) {
		if name = encoderBlob(name); saved[name] {
			return blob(name)
		}
		return nil, fs.ErrNotExist
	}, encoder.Options{})
	if err != nil {
		return nil, err
	}
	return encoder.NewEncoder(model, 0), nil
}

// encoderBlob is what a model's file is called in the catalog, where names have no slashes.
func encoderBlob(file string) string { return strings.ReplaceAll(file, "/", "__") }

// encoderFiles are the files of a model's folder as they are saved; none of the model that is compiled in.
func encoderFiles(model string) (map[string]io.WriterTo, error) {
	if model == "" {
		return nil, nil
	}
	model = modelFolder(model)
	files := make(map[string]io.WriterTo)
	_, err := encoder.Read(model, func(name string) ([]byte, error) {
		data, err := os.ReadFile(filepath.Join(model, filepath.FromSlash(name)))
		if err == nil {
			files[encoderBlob(name)] = bytes.NewReader(data)
		}
		return data, err
	}, encoder.Options{})
	return files, err
}
