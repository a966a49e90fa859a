package spec

import (
	"slices"
	"strconv"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// CascadeStage is one classifier of a cascade. It names a saved one, or a backend or a plugin that is given the cascade's labels.
type CascadeStage struct {
	// A saved classifier, as in classify.classifier.
	Classifier string `yaml:"classifier"`
	// What gives the labels where no saved classifier does, as in classify.backend.
	Backend string `yaml:"backend"`
	// The backend's model, as in classify.model.
	Model string `yaml:"model"`
	// A process of your own, as in classify.plugin.
	Plugin *Plugin `yaml:"plugin"`
	// Texts whose answer is less confident than this, and those without a label, go on to the next stage. Every stage but
	// the last needs one; `winnow eval --cascade` finds it.
	Confidence *float64 `yaml:"confidence" jsonschema:"minimum=0,maximum=1" fault:"threshold.range"`
}

// cascade checks the stages of a cascade, and what can't stand beside them.
func (c *checker) cascade() {
	k := c.Classify
	if k == nil || len(k.Cascade) == 0 {
		return
	}
	for _, f := range []struct {
		name  string
		given bool
	}{
		{"classifier", k.Classifier != ""},
		{"backend", k.Backend != ""},
		{"model", k.Model != ""},
		{"temperature", k.Temperature != 0},
		{"refine", k.Refine},
	} {
		if f.given {
			c.fail(fault.ConfigField, "classify."+f.name, "remove it; each stage says what answers", "%s has no meaning beside cascade", f.name)
		}
	}
	if len(k.Cascade) < 2 {
		c.fail(fault.ConfigField, "classify.cascade", "add a stage, or write its fields into classify", "a cascade of one stage")
	}
	for i := range k.Cascade {
		c.stage(i, i == len(k.Cascade)-1)
	}
}

func (c *checker) stage(i int, last bool) {
	s, path := &c.Classify.Cascade[i], Stage(i)
	switch {
	case s.Plugin != nil && (s.Classifier != "" || s.Backend != "" || s.Model != ""):
		c.fail(fault.ConfigField, path+".plugin", "remove it, or classifier, backend and model", "a plugin answers by itself")
	case s.Plugin != nil:
		c.own(path+".plugin", s.Plugin.Check())
	case s.Classifier == "" && s.Backend == "" && s.Model == "":
		c.fail(fault.ConfigMissing, path, "add classifier:, backend: or plugin:", "the stage does not say what answers")
	case s.Classifier != "" && (s.Backend != "" || s.Model != ""):
		c.fail(fault.ConfigField, path+".classifier", "remove it, or backend and model", "a saved classifier has a backend of its own")
	}
	if s.Backend != "" {
		c.backend(path+".backend", s.Backend)
	}
	switch {
	case s.Confidence == nil && !last:
		c.fail(fault.ConfigMissing, path+".confidence", "add confidence:, such as 0.8; winnow eval --cascade finds the best one",
			"nothing says when a text goes on to the next stage")
	case s.Confidence != nil && last:
		c.fail(fault.ConfigField, path+".confidence", "remove it", "there is no stage behind the last one")
	case s.Confidence != nil && outside(*s.Confidence):
		c.fail(fault.ThresholdRange, path+".confidence", "", "confidence is %s", formatFloat(*s.Confidence))
	}
}

// Stage is the path of a stage, counted from 0.
func Stage(i int) string { return "classify.cascade[" + strconv.Itoa(i) + "]" }

// ClassifierRef is a saved classifier by the name that a spec refers to it by, and where it does.
type ClassifierRef struct{ Path, Name string }

// References are the saved classifiers that are referred to, each once, in the order of the spec.
func (k *Classify) References() []ClassifierRef {
	if k == nil {
		return nil
	}
	var all []ClassifierRef
	add := func(path, name string) {
		if name != "" && !slices.ContainsFunc(all, func(r ClassifierRef) bool { return r.Name == name }) {
			all = append(all, ClassifierRef{path, name})
		}
	}
	add("classify.classifier", k.Classifier)
	for i := range k.Cascade {
		add(Stage(i)+".classifier", k.Cascade[i].Classifier)
	}
	return all
}
