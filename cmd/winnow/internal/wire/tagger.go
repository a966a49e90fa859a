package wire

import (
	"bytes"
	"errors"
	"io"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/classify/entity/tagger"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

const (
	backendTagger = "entity/tagger" // it finds entities, and gives no labels
	taggerBlob    = "tagger.bin"    // its weights in the catalog
	taggerFormat  = 1
)

// TaggerDraft is a trained tagger as it is saved. Its labels are the types of entities.
func TaggerDraft(m *tagger.Model) catalog.Draft {
	d := catalog.Draft{
		Backend: catalog.Backend{Name: backendTagger, Format: taggerFormat},
		Weights: map[string]io.WriterTo{taggerBlob: m},
	}
	for _, t := range m.Types() {
		d.Labels = append(d.Labels, classify.Label{Name: t})
	}
	return d
}

// Tagger is the saved tagger that a reference means, and the version that it is.
func Tagger(reference string) (m *tagger.Model, version string, err error) {
	v, err := resolve(reference)
	if err != nil {
		return nil, "", err
	}
	switch {
	case v.Backend.Name != backendTagger:
		return nil, "", fault.New(fault.ClassifierTask, "%s gives labels, and finds no entities", v.Ref()).
			WithFix("use it as --classifier of winnow classify, or under classify in a spec")
	case v.Backend.Format > taggerFormat:
		return nil, "", fault.New(fault.ClassifierNewer, "%s has the format %d of the backend %s, and this winnow knows up to %d", v.Ref(), v.Backend.Format, backendTagger, taggerFormat)
	}
	data, err := v.Blob(taggerBlob)
	if err != nil {
		return nil, "", err
	}
	m, err = tagger.Load(bytes.NewReader(data), nil)
	return m, v.Ref(), err
}

// IsTagger reports whether a reference means a saved tagger.
func IsTagger(reference string) bool {
	v, err := resolve(reference)
	return err == nil && v.Backend.Name == backendTagger
}

// pinTagger puts the version that the reference to a tagger means now in its place, as pin does with a classifier's.
func (o *Options) pinTagger(s *spec.Spec, cfg *pipeline.Config) (*spec.Spec, error) {
	if s.Extract == nil || s.Extract.Classifier == "" {
		return s, nil
	}
	v, err := o.version(s.Extract.Classifier, cfg)
	if err != nil {
		var errs []error
		for _, e := range fault.List(err) {
			errs = append(errs, e.At(s.Place("extract.classifier")))
		}
		return nil, errors.Join(errs...)
	}
	with, x := *s, *s.Extract
	x.Classifier = v.Ref()
	with.Extract = &x
	return &with, nil
}
