package api

import (
	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/table"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

const (
	// taggerBackend is the backend of saved models that find entities.
	taggerBackend = "entity/tagger"
	// patternsModel is the model that finds entities by their form, unless something was saved under this name.
	patternsModel = "entities"

	// The threshold and the number of labels of a job that names none, as Taylor's guide has them.
	defaultTableThreshold = 0.5
	defaultTableTopK      = 1
)

// modelConfig finds the model that a form names: one that gives labels, of which t then has threshold and number, or one
// that finds entities.
func (c *call) modelConfig(f *tableForm, t *table.Config) (*JobConfig, error) {
	version, err := c.model(f.model)
	switch {
	case err != nil:
		return nil, err
	case version == nil:
		return entityConfig(f, t, &table.Entities{})
	case version.Backend.Name == taggerBackend:
		if err := c.server.cfg.Backend.Finds(version.Ref()); err != nil {
			return nil, within("model", nowhere(err))
		}
		return entityConfig(f, t, &table.Entities{Tagger: version.Ref(), Types: version.Labels.Names()})
	}
	threshold := defaultTableThreshold
	if f.threshold != nil {
		threshold = *f.threshold
	}
	k := &spec.Classify{Mode: version.mode()}
	if err := version.fill(k, nil); err != nil {
		return nil, within("model", err)
	}
	config := &JobConfig{Labels: k.Labels, Classifier: k.Classifier, Backend: k.Backend, Mode: k.Mode, Saved: version.reference()}
	if k.Mode == classify.Multi {
		config.Threshold = &threshold
	}
	if err := config.describe(c.server.cfg.Backend); err != nil {
		return nil, within("model", err)
	}
	if version.own { // else it is made of its labels alone, and has no name
		config.Version = version.Ref()
	}
	t.Threshold, t.TopK = &threshold, defaultTableTopK
	if f.topK != nil {
		t.TopK = min(*f.topK, len(config.Names))
	}
	return config, nil
}

// model finds the version that a form names; nil: the model of patterns. To name none that there is is a mistake in the form,
// and no unknown address.
func (c *call) model(name string) (*saved, error) {
	version, err := c.server.compiler.find(c.who.Account, name)
	switch {
	case fault.Is(err, fault.ClassifierUnknown) && name == patternsModel:
		return nil, nil
	case fault.Is(err, fault.ClassifierUnknown), fault.Is(err, fault.ClassifierVersion):
		e, _ := fault.As(err)
		return nil, fault.New(fault.FormModel, "%s", e.What).At(fault.Where{Path: "model"})
	default:
		return version, within("model", err)
	}
}

// entityConfig is the configuration of a job that finds entities.
func entityConfig(f *tableForm, t *table.Config, e *table.Entities) (*JobConfig, error) {
	if f.topK != nil {
		return nil, fault.New(fault.FormField, "top_k: the model finds entities, all that there are").At(fault.Where{Path: "top_k"}).WithFix("leave top_k out")
	}
	t.Entities, t.Threshold = e, f.threshold
	version := e.Tagger
	if version == "" {
		version = patternsModel
	}
	return &JobConfig{Version: version, Names: e.Types, Saved: e.Tagger}, nil
}
