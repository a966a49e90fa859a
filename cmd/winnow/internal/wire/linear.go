package wire

import (
	"bytes"
	"io"
	"path/filepath"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/classify/linear/fasttext"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

const (
	backendLinear = "linear"    // a fastText model
	linearBlob    = "model.bin" // its file in the catalog, whether quantized or not
)

// BackendOf is the backend that a command line means: a fastText model's file says it by its name, a model that was added by
// what is known of it.
func BackendOf(backend, model string) string {
	if backend != "" || model == "" {
		return backend
	}
	if ext := filepath.Ext(model); ext == ".bin" || ext == ".ftz" {
		return backendLinear
	}
	if m := added(model); m != nil {
		return m.Backend
	}
	return ""
}

// HasLabels reports whether a model brings labels of its own.
func HasLabels(backend, model string) bool {
	return model != "" && BackendOf(backend, model) == backendLinear
}

// linearClassifier makes a classifier of a fastText model's file.
func linearClassifier(c *spec.Classify) (classify.Classifier, error) {
	m, err := loadModel(c)
	if err != nil {
		return nil, err
	}
	k, err := onModel(m, c)
	if e, ok := fault.As(err); ok && e.Code == fault.LabelsUnknown && e.Where == (fault.Where{}) {
		return nil, e.At(fault.Where{File: c.Model})
	}
	return k, err
}

// loadModel reads the file that a spec names.
func loadModel(c *spec.Classify) (*fasttext.Model, error) {
	if c.Model == "" {
		return nil, fault.New(fault.ConfigMissing, "the backend linear needs a model").At(fault.Where{Path: "classify.model"}).
			WithFix("name a .bin or .ftz file that fastText wrote; labels without a model are for the backend static")
	}
	return fasttext.Load(c.Model)
}

// onModel answers by a model as a spec says.
func onModel(m *fasttext.Model, c *spec.Classify) (classify.Classifier, error) {
	cfg := fasttext.Config{Model: m, Answers: answersOf(c)}
	if len(c.Labels) > 0 {
		cfg.Labels = c.Labels.Names()
	}
	k, err := fasttext.New(cfg)
	if err != nil {
		return nil, err
	}
	return listing(k, c.TopK), nil
}

// linearDraft is a fastText model as it is saved.
func linearDraft(c *spec.Classify) (catalog.Draft, error) {
	m, err := loadModel(c)
	if err != nil {
		return catalog.Draft{}, err
	}
	return ModelDraft(m, c)
}

// ModelDraft is a fastText model as it is saved, answering as a spec says.
func ModelDraft(m *fasttext.Model, c *spec.Classify) (catalog.Draft, error) {
	k, err := onModel(m, c)
	if err != nil {
		return catalog.Draft{}, err
	}
	d := catalog.Draft{
		Backend: catalog.Backend{Name: backendLinear, Format: savedBackends[backendLinear].format},
		Labels:  c.Labels,
		Options: catalog.Options{Mode: k.Info().Mode, Threshold: c.Threshold, TopK: c.TopK, Abstain: c.Abstain},
		Weights: map[string]io.WriterTo{linearBlob: m},
	}
	if len(d.Labels) == 0 {
		d.Labels = namedLabels(k)
	}
	return d, nil
}

// SavedModel is the fastText model of a saved classifier.
func SavedModel(v *catalog.Version) (*fasttext.Model, error) {
	if v.Backend.Name != backendLinear {
		return nil, fault.New(fault.ClassifierTask, "%s is no fastText model, but one of the backend %s", v.Ref(), v.Backend.Name).
			WithFix("train one that is: winnow train --head fasttext")
	}
	return readModel(v.Blob)
}

func readModel(blob func(name string) ([]byte, error)) (*fasttext.Model, error) {
	data, err := blob(linearBlob)
	if err != nil {
		return nil, err
	}
	return fasttext.Read(bytes.NewReader(data), int64(len(data)))
}

// loadLinear makes a classifier of a saved fastText model.
func loadLinear(m *catalog.Manifest, blob func(name string) ([]byte, error)) (classify.Classifier, error) {
	model, err := readModel(blob)
	if err != nil {
		return nil, err
	}
	o := m.Options
	return onModel(model, &spec.Classify{Labels: m.Labels, Mode: o.Mode, Threshold: o.Threshold, TopK: o.TopK, Abstain: o.Abstain})
}
