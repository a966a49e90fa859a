package main

import (
	"errors"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/cascade"
	"github.com/winnow-stream/winnow/classify/eval"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/report"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// chooses reports whether a confidence is wanted: --cascade names stages without one.
func (c *evalCmd) chooses() bool {
	return len(c.Cascade) > 0 && !slices.ContainsFunc(c.Cascade, func(stage string) bool { return strings.Contains(stage, ":") })
}

// checkCascade looks at what --cascade without confidences can't go with.
func (c *evalCmd) checkCascade() error {
	switch {
	case !c.chooses():
		return nil
	case len(c.Cascade) != 2:
		return fault.New(fault.Usage, "--cascade %s: a confidence is chosen between two stages", strings.Join(c.Cascade, ",")).
			WithFix("choose one pair after another, and measure all of them with their confidences: --cascade A:0.8,B:0.7,C")
	case c.mode() == classify.Multi:
		return fault.New(fault.Usage, "--cascade %s: a confidence is chosen in single mode only", strings.Join(c.Cascade, ","))
	case len(c.Compare) > 0:
		return fault.New(fault.Usage, "--cascade without confidences compares its two stages, and --compare names a third")
	case !(c.Loss >= 0 && c.Loss <= 100):
		return fault.New(fault.Usage, "--loss %v is not from 0 to 100 points", c.Loss)
	}
	return nil
}

// stages are both stages of a cascade, each as a subject of its own.
func (c *evalCmd) stages(whole *subject) (first, second *subject, err error) {
	stages, err := wire.ParseCascade(c.Cascade)
	if err != nil {
		return nil, nil, err
	}
	labels, err := wire.CascadeLabels(&spec.Classify{Labels: whole.set, Cascade: stages})
	if err != nil {
		return nil, nil, wire.AsFlags(err)
	}
	alone := func(stage spec.CascadeStage) *subject {
		s := *whole
		s.Cascade, s.Labels, s.LabelsFile, s.set, s.outcomes = nil, nil, "", nil, new(eval.Outcomes)
		s.Classifier, s.Backend, s.Model = stage.Classifier, stage.Backend, stage.Model
		if s.Classifier == "" {
			s.set = labels
		}
		return &s
	}
	return alone(stages[0]), alone(stages[1]), nil
}

// choose finds the confidence below which texts go on.
func (c *evalCmd) choose(first, second *subject, page *report.Page) (*report.Cascade, error) {
	var outcomes []cascade.Outcome
	for a, b := range eval.AnswersByPlace(first.outcomes, second.outcomes) {
		o := cascade.Outcome{Null: math.IsNaN(a.Confidence), First: a.Right, Second: b.Right}
		if !o.Null {
			o.Confidence = float32(a.Confidence)
		}
		outcomes = append(outcomes, o)
	}
	curve, err := cascade.NewCurve(outcomes)
	if err != nil {
		return nil, err
	}
	out := &report.Cascade{
		Stages: [2]string{c.Cascade[0], c.Cascade[1]}, Accuracies: [2]eval.Score{page.First.Accuracy, page.Second.Accuracy},
		Curve: report.Thinned(curve.Points()),
	}
	choice, err := curve.Choose(c.Loss / 100)
	switch {
	case err == nil:
		out.Choice = &choice
	case !errors.Is(err, cascade.ErrUnreachable):
		return nil, err
	}
	for _, s := range []*subject{first, second} {
		learnt, err := s.learnt()
		if err != nil {
			return nil, err
		}
		out.Learnt = append(out.Learnt, learnt...)
	}
	return out, nil
}

// learnt says which of the measured files a saved classifier learnt from. Its answers there are better than elsewhere.
func (s *subject) learnt() ([]report.Learnt, error) {
	if s.Classifier == "" {
		return nil, nil
	}
	cat, err := wire.Catalog()
	if err != nil {
		return nil, err
	}
	v, err := cat.Resolve(s.Classifier)
	if err != nil {
		return nil, err
	}
	var all []report.Learnt
	for _, name := range s.outcomes.Files() {
		info, err := os.Stat(name)
		if err != nil || !info.Mode().IsRegular() { // standard input, or a file that is gone
			continue
		}
		for _, d := range v.Origin.Data {
			if d.Size != info.Size() {
				continue
			}
			if f, err := dataFile(name); err == nil && f.SHA256 == d.SHA256 {
				all = append(all, report.Learnt{Classifier: v.Ref(), File: name})
				break
			}
		}
	}
	return all, nil
}
