package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
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

// savedStage is a stage of a saved cascade: what the version holds that it was. Its weights lie among the cascade's, so
// that a cascade is whole wherever it goes, and stays what it is when the version is deleted.
type savedStage struct {
	Classifier string            `json:"classifier"` // name@vN, where the cascade was saved
	Hash       string            `json:"hash"`
	Winnow     string            `json:"winnow,omitempty"` // that saved the version
	Confidence *float64          `json:"confidence,omitempty"`
	Backend    catalog.Backend   `json:"backend"`
	Options    catalog.Options   `json:"options"`
	Labels     classify.LabelSet `json:"labels"`
	Weights    []string          `json:"weights,omitempty"`
}

// stageBlob is the name of a stage's part of the weights among those of the cascade. Stages are counted from 0.
func stageBlob(i int, name string) string { return fmt.Sprintf("stage%d.%s", i+1, name) }

// backendOf finds a saved classifier's backend. A cascade is made of other saved ones, and plugins are started by the maker, so
// these can't stand in the table.
func (m maker) backendOf(name string) (saved, bool) {
	all := []string{"threshold", "top_k", "abstain"}
	switch name {
	case backendCascade:
		return saved{format: 1, change: all, load: m.loadCascade}, true
	case spec.BackendPlugin:
		return saved{format: 1, change: all, load: m.loadPlugin}, true
	}
	b, ok := savedBackends[name]
	return b, ok
}

// cascadeDraft is a cascade as it is saved, with the versions that its stages are now.
func (m maker) cascadeDraft(c *spec.Classify) (catalog.Draft, error) {
	if err := c.Check(Kinds()); err != nil {
		return catalog.Draft{}, err
	}
	d := catalog.Draft{
		Backend: catalog.Backend{Name: backendCascade, Format: 1},
		Options: catalog.Options{Threshold: c.Threshold, TopK: c.TopK, Abstain: c.Abstain},
		Weights: make(map[string]io.WriterTo),
	}
	var stages []savedStage
	for i, s := range c.Cascade {
		if s.Classifier == "" {
			return catalog.Draft{}, fault.New(fault.ClassifierInvalid, "stage %d is not a saved classifier, and a saved cascade holds the versions of its stages", i+1).
				At(fault.Where{Path: spec.Stage(i)}).WithFix("save the stage first: winnow classifiers save NAME --labels-file FILE")
		}
		v, err := resolve(s.Classifier)
		if err != nil {
			return catalog.Draft{}, placed(err, spec.Stage(i)+".classifier")
		}
		stages = append(stages, stageDraft(&d, i, v, s.Confidence))
	}
	k, err := m.cascade(c)
	if err != nil {
		return catalog.Draft{}, err
	}
	d.Options.Mode = k.Info().Mode
	if d.Labels, err = CascadeLabels(c); err != nil {
		return catalog.Draft{}, err
	}
	data, err := json.Marshal(stages)
	d.Weights[cascadeBlob] = bytes.NewReader(data)
	return d, err
}

// stageDraft is a version as a stage, whose weights are added to the cascade's.
func stageDraft(d *catalog.Draft, i int, v *catalog.Version, confidence *float64) savedStage {
	s := savedStage{
		Classifier: v.Ref(), Hash: v.Hash, Winnow: v.Origin.Winnow, Confidence: confidence,
		Backend: v.Backend, Options: v.Options, Labels: v.Labels,
	}
	for _, b := range v.Weights {
		s.Weights = append(s.Weights, b.Name)
		d.Weights[stageBlob(i, b.Name)] = v.Part(b)
	}
	return s
}

// manifest is the part of the stage's manifest that it answers by.
func (s *savedStage) manifest() (*catalog.Manifest, error) {
	r, err := catalog.ParseReference(s.Classifier)
	if err != nil {
		return nil, err
	}
	m := &catalog.Manifest{Name: r.Name, Number: r.Number, Hash: s.Hash, Backend: s.Backend, Options: s.Options, Labels: s.Labels}
	m.Origin.Winnow = s.Winnow
	for _, name := range s.Weights {
		m.Weights = append(m.Weights, catalog.Blob{Name: name})
	}
	return m, nil
}

// loadCascade makes a cascade of the versions that it was saved with.
func (m maker) loadCascade(saved *catalog.Manifest, blob func(name string) ([]byte, error)) (classify.Classifier, error) {
	data, err := blob(cascadeBlob)
	if err != nil {
		return nil, err
	}
	damaged := func(err error) error {
		return fault.New(fault.CatalogDamaged, "the stages of %s can't be read: %w", saved.Ref(), err)
	}
	var stages []savedStage
	if err := json.Unmarshal(data, &stages); err != nil {
		return nil, damaged(err)
	}
	o := saved.Options
	c := &spec.Classify{Labels: saved.Labels, Threshold: o.Threshold, TopK: o.TopK, Abstain: o.Abstain}
	for _, s := range stages {
		c.Cascade = append(c.Cascade, spec.CascadeStage{Classifier: s.Classifier, Confidence: s.Confidence})
	}
	return stacked(c, saved.Labels, func(i int, k *spec.Classify) (classify.Classifier, error) {
		stage, err := stages[i].manifest()
		if err != nil {
			return nil, damaged(err)
		}
		return m.revive(stage, func(name string) ([]byte, error) { return blob(stageBlob(i, name)) }, k)
	})
}
