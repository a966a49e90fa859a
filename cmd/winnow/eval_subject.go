package main

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/eval"
	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/answer"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/report"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// subject is what is measured: a classifier over an input, or a column of labels in it.
type subject struct {
	labelFlags
	inputFlags
	input       []string
	predictions string
	confidence  string

	set      classify.LabelSet
	outcomes *eval.Outcomes // nil: nothing is compared
}

// subject is what the flags name.
func (c *evalCmd) subject() (*subject, error) {
	s := &subject{labelFlags: c.labelFlags, inputFlags: c.inputFlags, input: c.Input, predictions: c.Predictions, confidence: c.Confidence}
	return s, s.settle()
}

// settle reads the labels and refuses what does not go together.
func (s *subject) settle() (err error) {
	named := s.Labels != nil || s.LabelsFile != "" || s.Classifier != "" || s.Plugin != "" || s.Model != "" || len(s.Cascade) > 0
	switch {
	case s.predictions != "" && named:
		return fault.New(fault.LabelsExclusive, "--predictions measures labels that are there already; --labels, --labels-file, --classifier, --cascade and --plugin name what gives new ones")
	case s.predictions != "":
		return nil
	case s.confidence != "":
		return fault.New(fault.Usage, "--confidence %s is about --predictions, which is not given", s.confidence)
	}
	if s.set, err = s.labels(); fault.Is(err, fault.LabelsRequired) {
		e, _ := fault.As(err)
		return e.WithFix("give --labels a,b, --labels-file FILE or --classifier NAME, or --predictions COLUMN for labels that are there already")
	}
	return err
}

// second is the first with what --compare changes of it.
func (c *evalCmd) second(first *subject) (*subject, error) {
	s := *first
	first.outcomes, s.outcomes = new(eval.Outcomes), new(eval.Outcomes)
	s.set = nil
	if _, ok := c.Compare["predictions"]; ok {
		s.labelFlags = labelFlags{Mode: c.Mode, Threshold: c.Threshold}
	}
	for _, key := range slices.Sorted(maps.Keys(c.Compare)) {
		if err := s.change(key, c.Compare[key]); err != nil {
			return nil, err
		}
	}
	return &s, s.settle()
}

// compareKeys are the keys of --compare.
var compareKeys = []string{"abstain", "backend", "cascade", "classifier", "confidence", "data", "labels", "labels-file", "plugin", "predictions", "refine", "threshold"}

// change sets what a key of --compare stands for. Another way to name labels takes the place of the first's.
func (s *subject) change(key, value string) error {
	bad := func(what string) error {
		return fault.New(fault.Usage, "--compare %s=%s: %s", key, value, what)
	}
	number := func() (float64, error) {
		f, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0, bad("this is no number")
		}
		return f, nil
	}
	relabel := func() {
		s.Labels, s.LabelsFile, s.Classifier, s.Plugin, s.Cascade, s.Describe, s.predictions, s.confidence = nil, "", "", "", nil, nil, "", ""
	}
	var err error
	switch key {
	case "labels":
		relabel()
		s.Labels = strings.Split(value, ",")
	case "labels-file":
		relabel()
		s.LabelsFile = value
	case "classifier":
		relabel()
		s.Classifier = value
	case "cascade":
		relabel()
		s.Cascade = strings.Split(value, ",")
	case "plugin":
		relabel()
		s.Plugin = value
	case "predictions":
		s.predictions, s.confidence = value, ""
	case "confidence":
		defer func() { s.confidence = value }()
	case "data":
		s.input = []string{value}
	case "backend":
		s.Backend = value
	case "abstain":
		s.Abstain, err = number()
	case "threshold":
		var f float64
		f, err = number()
		s.Threshold = &f
	case "refine":
		if s.Refine, err = strconv.ParseBool(value); err != nil {
			return bad("this is neither true nor false")
		}
	default:
		e := fault.New(fault.Usage, "--compare does not know %q", key)
		if near := fault.Nearest(key, compareKeys); near != "" {
			return e.WithFix("did you mean %s=%s?", near, value)
		}
		return e.WithFix("use one of %s", strings.Join(compareKeys, ", "))
	}
	return err
}

// name says for people what answers.
func (s *subject) name() string {
	name := s.LabelsFile
	switch {
	case s.predictions != "":
		name = "column " + s.predictions
	case s.Classifier != "":
		name = "classifier " + s.Classifier
	case s.Plugin != "":
		name = "plugin " + s.Plugin
	case len(s.Cascade) > 0:
		name = "cascade " + strings.Join(s.Cascade, ", ")
	case s.Model != "" && s.set == nil:
		name = "model " + s.Model
	case s.Labels != nil:
		name = "labels " + strings.Join(s.Labels, ",")
	}
	var parts []string
	if name != "" { // a backend alone, as a stage of a cascade
		parts = append(parts, name)
	}
	if s.Backend != "" {
		parts = append(parts, s.Backend)
	}
	if s.Refine {
		parts = append(parts, "refined")
	}
	if s.Abstain > 0 {
		parts = append(parts, "abstain "+strconv.FormatFloat(s.Abstain, 'g', -1, 64))
	}
	if s.Threshold != nil {
		parts = append(parts, "threshold "+strconv.FormatFloat(*s.Threshold, 'g', -1, 64))
	}
	return strings.Join(parts, ", ")
}

// measure runs a subject over its input.
func (m *Main) measure(ctx context.Context, c *evalCmd, s *subject) (*report.Measured, error) {
	out := &report.Measured{Name: s.name()}
	cfg := eval.Config{
		Mode: c.mode(), UnknownGold: eval.UnknownGold(c.UnknownGold), Precisions: c.Precision, Wrong: c.WrongRows,
	}
	if cfg.Mode == classify.Multi && s.Threshold != nil {
		cfg.Threshold = *s.Threshold
	}
	sp, err := s.spec(ctx, m, c, &cfg, out)
	if err != nil {
		return nil, err
	}
	e := eval.New(cfg)
	sink := answer.NewSink(answer.Config{
		Gold: c.Gold, Predictions: s.predictions, Confidence: s.confidence, Text: s.Text, Multi: cfg.Mode == classify.Multi,
		Label: e.Label, Add: func(r *eval.Row) error { return s.add(e, r) },
	})
	j := &job{name: sp.Name, memory: sp.Memory.Bytes(), stdout: true, silent: true}
	o := s.options(m)
	o.Sink, o.Workers, o.Limit = sink, int(c.Parallel), c.Limit
	if j.pipeline, err = wire.Build(sp, o); err != nil {
		return nil, wire.AsFlags(err)
	}
	sum, err := m.execute(ctx, j)
	if err != nil {
		return nil, err
	}
	out.Report = e.Report()
	out.WithoutConfidence = s.predictions != "" && len(out.Curve) == 0
	out.Read, out.Rejected = sum.Counts.Read, sum.Counts.Dead
	if c.JSON != "" {
		if out.Data, err = dataHash(wire.InputFiles(sp)); err != nil {
			return nil, err
		}
	}
	if out.Rows == 0 {
		return nil, noGold(c.Gold, out).At(fault.Where{File: strings.Join(s.input, ", ")})
	}
	return out, nil
}

// spec makes the pipeline's spec, and fills in what the classifier is known to be.
func (s *subject) spec(ctx context.Context, m *Main, c *evalCmd, cfg *eval.Config, out *report.Measured) (*spec.Spec, error) {
	in := wire.Simple{Inputs: s.input, Gold: c.Gold, Labels: s.set, Copy: s.predictions != ""}
	s.labelFlags.fill(&in)
	s.inputFlags.fill(&in)
	sp, err := in.Spec()
	if err != nil || in.Copy {
		return sp, err
	}
	if sp, _, err = wire.Settle(ctx, sp, wire.Options{Limit: c.Limit}); err != nil {
		return nil, wire.AsFlags(err)
	}
	info, err := wire.Classifier(sp, s.options(m))
	if err != nil {
		return nil, wire.AsFlags(err)
	}
	cfg.Labels, out.Classifier = info.Labels, info.Version
	if cfg.Mode == classify.Multi {
		// Every label's confidence is wanted, also of those that are not given; the evaluation compares with the threshold.
		if s.Threshold == nil {
			cfg.Threshold = static.DefaultThreshold
		}
		every := 0.0
		sp.Classify.Threshold, sp.Classify.TopK = &every, 0
	}
	return sp, nil
}

func (s *subject) add(e *eval.Evaluator, r *eval.Row) error {
	out, err := e.Add(r)
	if err == nil && s.outcomes != nil {
		s.outcomes.Add(r, out)
	}
	return err
}

// noGold says why there was nothing to compare with.
func noGold(gold string, out *report.Measured) *fault.Error {
	if len(out.UnknownGold) > 0 {
		return fault.New(fault.EvalEmpty, "no record has a label in %q that is one of the labels; one is %q", gold, out.UnknownGold[0].Label).
			WithFix("give the labels that the records have, or leave --unknown-gold out")
	}
	return fault.New(fault.EvalEmpty, "no record has a label in %q to compare with", gold)
}

// pair matches the rows of two subjects: by their places in one input, in their order in two.
func pair(first, second *subject) (eval.Pairs, error) {
	if slices.Equal(first.input, second.input) {
		return eval.PairByPlace(first.outcomes, second.outcomes), nil
	}
	return eval.PairInOrder(first.outcomes, second.outcomes)
}
