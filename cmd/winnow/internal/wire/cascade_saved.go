package wire

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

const (
	backendCascade = "cascade"
	cascadeBlob    = "cascade.json" // its stages in the catalog
)

// savedStage is a stage of a saved cascade: a version of another saved classifier, which stays where it is.
type savedStage struct {
	Classifier string   `json:"classifier"` // name@vN
	Hash       string   `json:"hash"`
	Confidence *float64 `json:"confidence,omitempty"`
}

// backendOf finds a saved classifier's backend. A cascade is made of other saved ones, so it can't stand in their table.
func backendOf(name string) (saved, bool) {
	if name == backendCascade {
		return saved{format: 1, change: []string{"threshold", "top_k", "abstain"}, load: loadCascade}, true
	}
	b, ok := savedBackends[name]
	return b, ok
}

// cascadeDraft is a cascade as it is saved: the versions that its stages are now. They are saved classifiers, so that
// there is something to refer to.
func cascadeDraft(c *spec.Classify) (catalog.Draft, error) {
	if err := c.Check(Kinds()); err != nil {
		return catalog.Draft{}, err
	}
	var stages []savedStage
	for i, s := range c.Cascade {
		if s.Classifier == "" {
			return catalog.Draft{}, fault.New(fault.ClassifierInvalid, "stage %d is not a saved classifier, and a saved cascade refers to its stages", i+1).
				At(fault.Where{Path: spec.Stage(i)}).WithFix("save the stage first: winnow classifiers save NAME --labels-file FILE")
		}
		v, err := resolve(s.Classifier)
		if err != nil {
			return catalog.Draft{}, placed(err, spec.Stage(i)+".classifier")
		}
		stages = append(stages, savedStage{Classifier: v.Ref(), Hash: v.Hash, Confidence: s.Confidence})
	}
	k, err := newCascade(c)
	if err != nil {
		return catalog.Draft{}, err
	}
	labels, err := CascadeLabels(c)
	if err != nil {
		return catalog.Draft{}, err
	}
	data, err := json.Marshal(stages)
	return catalog.Draft{
		Backend: catalog.Backend{Name: backendCascade, Format: 1},
		Labels:  labels,
		Options: catalog.Options{Mode: k.Info().Mode, Threshold: c.Threshold, TopK: c.TopK, Abstain: c.Abstain},
		Weights: map[string]io.WriterTo{cascadeBlob: bytes.NewReader(data)},
	}, err
}

// loadCascade makes a cascade of the versions that it was saved with, and of no others.
func loadCascade(m *catalog.Manifest, blob func(name string) ([]byte, error)) (classify.Classifier, error) {
	data, err := blob(cascadeBlob)
	if err != nil {
		return nil, err
	}
	var stages []savedStage
	if err := json.Unmarshal(data, &stages); err != nil {
		return nil, fault.New(fault.CatalogDamaged, "the stages of %s can't be read: %w", m.Ref(), err)
	}
	o := m.Options
	c := &spec.Classify{Labels: m.Labels, Threshold: o.Threshold, TopK: o.TopK, Abstain: o.Abstain}
	for i, s := range stages {
		v, err := resolve(s.Classifier)
		switch {
		case err != nil:
			return nil, fault.New(fault.ClassifierVersion, "%s asks %s as its stage %d, which is not there: %w", m.Ref(), s.Classifier, i+1, err).
				WithFix("import that version, or save the cascade anew")
		case v.Hash != s.Hash:
			return nil, fault.New(fault.ClassifierVersion, "%s asks %s as its stage %d, which was another one (%.15s…) when it was saved", m.Ref(), s.Classifier, i+1, s.Hash).
				WithFix("import the version that it was saved with, or save the cascade anew")
		}
		c.Cascade = append(c.Cascade, spec.CascadeStage{Classifier: s.Classifier, Confidence: s.Confidence})
	}
	return newCascade(c)
}
