package wire

import (
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/cascade"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// cascade makes the stages of a spec, and the cascade of them.
func (m maker) cascade(c *spec.Classify) (classify.Classifier, error) {
	labels, err := m.cascadeLabels(c)
	if err != nil {
		return nil, err
	}
	return stacked(c, labels, func(_ int, stage *spec.Classify) (classify.Classifier, error) { return m.classifier(stage) })
}

// stacked is the cascade of a spec, whose stages are made one by one.
func stacked(c *spec.Classify, labels classify.LabelSet, stage func(i int, k *spec.Classify) (classify.Classifier, error)) (classify.Classifier, error) {
	var cfg cascade.Config
	var errs []error
	for i := range c.Cascade {
		k, err := stage(i, stageOf(c, i, labels))
		if err != nil {
			errs = append(errs, inStage(err, i))
			continue
		}
		made := cascade.Stage{Classifier: k}
		if confidence := c.Cascade[i].Confidence; confidence != nil {
			made.Confidence = *confidence
		}
		cfg.Stages = append(cfg.Stages, made)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	k, err := cascade.New(cfg)
	switch {
	case err != nil:
		return nil, ofCascade(err)
	case c.TopK > 0:
		return stagedLists{k}, nil
	default:
		return k, nil
	}
}

// CascadeLabels are the labels of stages that have none of their own: the cascade's, else those of its first saved
// classifier.
func CascadeLabels(c *spec.Classify) (classify.LabelSet, error) {
	if len(c.Labels) > 0 {
		return c.Labels, nil
	}
	refs := c.References()
	if len(refs) == 0 {
		return nil, nil
	}
	v, err := resolve(refs[0].Name)
	if err != nil {
		return nil, placed(err, refs[0].Path)
	}
	return v.Labels, nil
}

// cascadeLabels are CascadeLabels or, where there are none, those of the first plugin.
func (m maker) cascadeLabels(c *spec.Classify) (classify.LabelSet, error) {
	labels, err := CascadeLabels(c)
	at := slices.IndexFunc(c.Cascade, func(s spec.CascadeStage) bool { return s.Plugin != nil })
	if len(labels) > 0 || at < 0 || err != nil {
		return labels, err
	}
	k, err := m.plugin(stageOf(c, at, nil))
	if err != nil {
		return nil, inStage(err, at)
	}
	return namedLabels(k), nil
}

// namedLabels are the labels of a classifier of which no more than the names is known.
func namedLabels(k classify.Classifier) classify.LabelSet {
	var labels classify.LabelSet
	for _, name := range k.Info().Labels {
		labels = append(labels, classify.Label{Name: name})
	}
	return labels
}

// stageOf is a stage as a classifier of its own. What is withheld for want of confidence is so by the last stage: what an
// earlier one is not sure of goes on.
func stageOf(c *spec.Classify, i int, labels classify.LabelSet) *spec.Classify {
	s := c.Cascade[i]
	k := &spec.Classify{
		Classifier: s.Classifier, Backend: BackendOf(s.Backend, s.Model), Model: s.Model, Plugin: s.Plugin,
		Mode: c.Mode, Threshold: c.Threshold, TopK: c.TopK,
	}
	switch {
	case s.Plugin != nil: // those of others are not for it to take: it has its own
		k.Labels = c.Labels
	case s.Classifier == "":
		k.Labels = labels
	}
	if i == len(c.Cascade)-1 {
		k.Abstain = c.Abstain
	}
	return k
}

// inStage puts a stage's errors at its place in the spec.
func inStage(err error, i int) error {
	var errs []error
	for _, e := range fault.List(err) {
		w := e.Where
		if w.File == "" {
			w.Path = spec.Stage(i)
			if field := strings.TrimPrefix(strings.TrimPrefix(e.Where.Path, "classify"), "."); field != "" {
				w.Path += "." + field
			}
		}
		errs = append(errs, e.At(w))
	}
	return errors.Join(errs...)
}

// ofCascade puts the errors of a whole cascade at their places in the spec.
func ofCascade(err error) error {
	var errs []error
	for _, e := range fault.List(err) {
		errs = append(errs, e.At(fault.Where{Path: "classify.cascade" + strings.TrimPrefix(e.Where.Path, "stages")}))
	}
	return errors.Join(errs...)
}

// stagedLists tells the engine that a single-mode cascade lists its best labels (pipeline.Lists).
type stagedLists struct{ *cascade.Classifier }

// Lists is true: a column of lists is needed.
func (stagedLists) Lists() bool { return true }

// ParseCascade reads stages as a command line has them: NAME, or NAME:CONFIDENCE, where a name is that of a saved
// classifier, of a backend, or of a fastText model's file. A confidence that is left out is nil.
func ParseCascade(stages []string) ([]spec.CascadeStage, error) {
	var all []spec.CascadeStage
	for _, text := range stages {
		var s spec.CascadeStage
		name := strings.TrimSpace(text)
		if at := strings.LastIndexByte(name, ':'); at >= 0 {
			f, err := strconv.ParseFloat(name[at+1:], 64)
			if err != nil {
				return nil, fault.New(fault.Usage, "--cascade %s: %q is no confidence", text, name[at+1:]).WithFix("write NAME:0.8")
			}
			s.Confidence, name = &f, name[:at]
		}
		switch {
		case name == "":
			return nil, fault.New(fault.Usage, "--cascade %s names no classifier", text).WithFix("write NAME:0.8,NAME")
		case slices.Contains(Kinds().Backends, name):
			s.Backend = name
		case BackendOf("", name) == backendLinear:
			s.Backend, s.Model = backendLinear, filepath.Clean(name)
		default:
			s.Classifier = name
		}
		all = append(all, s)
	}
	return all, nil
}
