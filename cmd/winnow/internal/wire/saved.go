package wire

import (
	"errors"
	"slices"
	"strconv"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/expr"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// saved makes the classifier of the version that a spec refers to, with the options that the spec changes.
func (m maker) saved(c *spec.Classify) (classify.Classifier, error) {
	v, err := resolve(c.Classifier)
	if err != nil {
		return nil, err
	}
	return m.revive(v.Manifest, v.Blob, c)
}

// revive makes the classifier that a manifest and its weights are, with the options that a spec changes. It goes by the
// name of the version.
func (m maker) revive(saved *catalog.Manifest, blob func(name string) ([]byte, error), c *spec.Classify) (classify.Classifier, error) {
	b, ok := m.backendOf(saved.Backend.Name)
	switch {
	case saved.Backend.Name == backendTagger:
		return nil, fault.New(fault.ClassifierTask, "%s finds entities, and gives no labels", saved.Ref()).
			WithFix("use it as --classifier of winnow entities, or under extract in a spec")
	case !ok:
		return nil, fault.New(fault.BackendUnknown, "%s was saved with the backend %s, which this build of winnow does not have", saved.Ref(), saved.Backend.Name).
			WithFix("use a build that has it")
	case saved.Backend.Format > b.format:
		return nil, fault.New(fault.ClassifierNewer, "%s has the format %d of the backend %s, and this winnow knows up to %d", saved.Ref(), saved.Backend.Format, saved.Backend.Name, b.format)
	}
	with, err := changed(saved, c, b.change)
	if err != nil {
		return nil, err
	}
	k, err := b.load(saved, blob)
	if err != nil {
		return nil, err
	}
	if was := saved.Backend.Fingerprint; was != "" && k.Info().Version != was {
		return nil, fault.New(fault.ClassifierNewer, "%s was saved by winnow %s, whose backend %s answers differently from this one's", saved.Ref(), saved.Origin.Winnow, saved.Backend.Name).
			WithFix("use that version of winnow; or save the labels again (winnow classifiers show %s --labels), and measure anew", saved.Ref())
	}
	if with.Options != saved.Options {
		if k, err = b.load(with, blob); err != nil {
			return nil, err
		}
	}
	n := named{Classifier: k, version: saved.Ref()}
	if r, ok := k.(classify.Refiner); ok {
		return refiner{n, r}, nil
	}
	return n, nil
}

// resolve finds a version in the user's catalog.
func resolve(reference string) (*catalog.Version, error) {
	cat, err := Catalog()
	if err != nil {
		return nil, err
	}
	return cat.Resolve(reference)
}

// changed is a manifest with the options that a spec gives in place of the saved ones. What the backend does not let be
// changed is refused, and so is what would be another classifier.
func changed(m *catalog.Manifest, c *spec.Classify, allowed []string) (*catalog.Manifest, error) {
	with := *m
	var errs []error
	change := func(option string, given bool, set func()) {
		switch {
		case !given:
		case !slices.Contains(allowed, option):
			errs = append(errs, fault.New(fault.ClassifierOption, "%s is part of the saved classifier %s, and can't be changed", option, m.Ref()).
				At(fault.Where{Path: "classify." + option}))
		default:
			set()
		}
	}
	o := &with.Options
	change("mode", c.Mode != "" && c.Mode != modeOf(m), nil)
	change("backend", c.Backend != "" && c.Backend != m.Backend.Name, nil)
	change("model", c.Model != "", nil)
	change("temperature", c.Temperature != 0 && c.Temperature != o.Temperature, nil)
	change("threshold", c.Threshold != nil, func() { o.Threshold = c.Threshold })
	change("top_k", c.TopK != 0, func() { o.TopK = c.TopK })
	change("abstain", c.Abstain != 0, func() { o.Abstain = c.Abstain })
	if c.Threshold != nil && modeOf(m) == classify.Single {
		errs = append(errs, fault.New(fault.ThresholdMode, "%s was saved in single mode, in which a threshold has no meaning", m.Ref()).
			At(fault.Where{Path: "classify.threshold"}))
	}
	if n := len(m.Labels); c.TopK > n {
		errs = append(errs, fault.New(fault.TopKRange, "top_k is %d, and %s has %d labels", c.TopK, m.Ref(), n).At(fault.Where{Path: "classify.top_k"}))
	}
	return &with, errors.Join(errs...)
}

func modeOf(m *catalog.Manifest) classify.Mode {
	if m.Options.Mode == "" {
		return classify.Single
	}
	return m.Options.Mode
}

// named is a classifier that goes by the name it was saved under.
type named struct {
	classify.Classifier
	version string
}

// Info says which version answers.
func (n named) Info() classify.Info {
	info := n.Classifier.Info()
	info.Version = n.version
	return info
}

// Unwrap is the saved classifier itself, for classify.ExplainerOf.
func (n named) Unwrap() classify.Classifier { return n.Classifier }

// Lists is what the saved classifier gives.
func (n named) Lists() bool {
	if l, ok := n.Classifier.(pipeline.Lists); ok {
		return l.Lists()
	}
	return n.Classifier.Info().Mode == classify.Multi
}

// Stages are those of the saved classifier; none where it asks no others.
func (n named) Stages() []classify.StageReport {
	if s, ok := n.Classifier.(classify.Staged); ok {
		return s.Stages()
	}
	return nil
}

// refiner is a named classifier that can be refined. Its prototypes are no longer those that were saved, and so its
// version says that too.
type refiner struct {
	named
	r classify.Refiner
}

var _ classify.Refiner = refiner{}

// NewRefinement starts a refinement.
func (r refiner) NewRefinement() classify.Refinement { return r.r.NewRefinement() }

// Refined is the refined classifier under the saved one's name and its own.
func (r refiner) Refined(state []byte) (classify.Classifier, error) {
	k, err := r.r.Refined(state)
	if err != nil {
		return nil, err
	}
	return named{k, r.version + "+" + k.Info().Version}, nil
}

// checkRoutes holds the routes to labels that the spec's own checks don't know: a saved classifier's, or a model's.
func checkRoutes(s *spec.Spec, labels []string) error {
	var errs []error
	for i, r := range s.Route {
		for _, e := range fault.List(expr.CheckRule(r.When, labels)) {
			if e.Where.Line == 0 {
				e = e.At(s.Place("route[" + strconv.Itoa(i) + "].when"))
			}
			errs = append(errs, e)
		}
	}
	return errors.Join(errs...)
}

// labelsOf are the names of the labels that a spec's classifier gives.
func (o *Options) labelsOf(k *spec.Classify) ([]string, error) {
	if len(k.Labels) > 0 {
		return k.Labels.Names(), nil
	}
	if k.Classifier == "" {
		c, err := o.classifier(k)
		if err != nil {
			return nil, err
		}
		return c.Info().Labels, nil
	}
	v, err := resolve(k.Classifier)
	if err != nil {
		return nil, err
	}
	return v.Labels.Names(), nil
}
