package classify

import (
	"errors"
	"maps"
	"slices"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Label is one answer a classifier can give.
type Label struct {
	Name        string   `json:"name" yaml:"name"`
	Description string   `json:"description,omitempty" yaml:"description,omitempty"`
	Examples    []string `json:"examples,omitempty" yaml:"examples,omitempty"`
}

// LabelSet is what a classifier chooses from. Check it before use.
//
// In YAML and JSON it is written as a list of names, as a map from name to description or to {description, examples},
// or as a list of {name, description, examples}; the order of a map is kept.
type LabelSet []Label

// NewLabelSet makes and checks a label set of names, with descriptions and examples by name, either of which may be nil.
// The error joins what is wrong, up to a hundred things.
func NewLabelSet(names []string, descriptions map[string]string, examples map[string][]string) (LabelSet, error) {
	if len(names) > MaxLabels {
		return nil, tooMany(len(names), MaxLabels)
	}
	var errs []error
	set := make(LabelSet, len(names))
	known := make(map[string]bool, len(names))
	for i, name := range names {
		set[i] = Label{Name: name, Description: descriptions[name], Examples: examples[name]}
		known[name] = true
	}
	belongs := func(code *fault.Code, what, name string) {
		if known[name] || len(errs) == maxErrors {
			return
		}
		err := fault.New(code, "%s for %q, which is not one of the labels", what, fault.Excerpt(name))
		if near := nearest(name, names); near != "" {
			err = err.WithFix("did you mean %q?", near)
		}
		errs = append(errs, err)
	}
	for _, name := range slices.Sorted(maps.Keys(descriptions)) {
		belongs(fault.LabelsDescription, "a description", name)
	}
	for _, name := range slices.Sorted(maps.Keys(examples)) {
		belongs(fault.LabelsExamples, "examples", name)
	}
	if err := errors.Join(append(errs, set.Check())...); err != nil {
		return nil, err
	}
	return set, nil
}

// Names returns the labels' names in order.
func (s LabelSet) Names() []string {
	names := make([]string, len(s))
	for i := range s {
		names[i] = s[i].Name
	}
	return names
}
