package main

import (
	"os"
	"strings"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// labels reads the label set that the flags name; nil where a saved classifier is named instead, or a model or plugin that has
// its own.
func (f *labelFlags) labels() (classify.LabelSet, error) {
	given := 0
	for _, is := range []bool{f.Labels != nil, f.LabelsFile != "", f.Classifier != ""} {
		if is {
			given++
		}
	}
	if len(f.Cascade) > 0 {
		if err := f.beside(); err != nil {
			return nil, err
		}
		if given == 0 { // those of its stages
			return nil, nil
		}
	}
	if f.Plugin != "" && f.Classifier != "" {
		return nil, fault.New(fault.LabelsExclusive, "--plugin and --classifier exclude one another")
	}
	switch {
	case given == 0 && (f.Plugin != "" || wire.HasLabels(f.Backend, f.Model)):
		return nil, nil
	case given == 0:
		return nil, f.without()
	case given > 1:
		return nil, fault.New(fault.LabelsExclusive, "--labels, --labels-file and --classifier exclude one another")
	case f.Classifier != "":
		if len(f.Describe) > 0 {
			return nil, fault.New(fault.LabelsExclusive, "--describe describes --labels, not a saved classifier")
		}
		return nil, nil
	case f.LabelsFile != "":
		set, err := classify.LoadLabels(f.LabelsFile)
		if err != nil {
			return nil, err
		}
		return f.describe(set)
	}
	names := make([]string, len(f.Labels))
	for i, l := range f.Labels {
		names[i] = strings.TrimSpace(l)
	}
	return classify.NewLabelSet(names, f.Describe, nil)
}

// without says what is wrong where no labels are given: a model may be meant that has its own.
func (f *labelFlags) without() error {
	if info, err := os.Stat(f.Model); f.Model != "" && (err != nil || !info.IsDir()) {
		what := fault.New(fault.ModelInvalid, "neither a fastText model, whose name ends in .bin or .ftz, nor a folder")
		if err != nil {
			what = fault.New(fault.ModelInvalid, "%w", err)
		}
		return what.At(fault.Where{File: f.Model}).WithFix("name the file of a fastText model, or give --labels with the folder of an embedding table")
	}
	return fault.New(fault.LabelsRequired, "there are no labels to choose from")
}

// beside refuses what can't stand beside a cascade, whose stages say what answers.
func (f *labelFlags) beside() error {
	for flag, is := range map[string]bool{"--classifier": f.Classifier != "", "--plugin": f.Plugin != "", "--backend": f.Backend != "", "--model": f.Model != "", "--refine": f.Refine} {
		if is {
			return fault.New(fault.LabelsExclusive, "--cascade and %s exclude one another", flag)
		}
	}
	return nil
}

// describe adds --describe to labels from a file.
func (f *labelFlags) describe(set classify.LabelSet) (classify.LabelSet, error) {
	if len(f.Describe) == 0 {
		return set, nil
	}
	descriptions, examples := make(map[string]string), make(map[string][]string)
	for _, l := range set {
		descriptions[l.Name], examples[l.Name] = l.Description, l.Examples
	}
	for name, text := range f.Describe {
		descriptions[name] = text
	}
	return classify.NewLabelSet(set.Names(), descriptions, examples)
}
