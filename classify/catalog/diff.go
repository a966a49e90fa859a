package catalog

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/classify"
)

// Difference is what tells two versions apart. Both may be of different names.
type Difference struct {
	From string `json:"from"` // name@vN
	To   string `json:"to"`
	// Same tells that the versions have the same content.
	Same    bool          `json:"same"`
	Backend *Change       `json:"backend,omitempty"` // nil: the same
	Added   []string      `json:"labels_added,omitempty"`
	Removed []string      `json:"labels_removed,omitempty"`
	Changed []LabelChange `json:"labels_changed,omitempty"`
	// Reordered tells that labels which both have stand in another order.
	Reordered bool      `json:"labels_reordered,omitempty"`
	Options   []Change  `json:"options,omitempty"`
	Metrics   []Measure `json:"metrics,omitempty"` // of those that were saved with an evaluation
	// SameData tells that both were measured on the same data, so that their metrics can be compared.
	SameData bool     `json:"same_data,omitempty"`
	Weights  []string `json:"weights,omitempty"` // names of the parts that differ
	Notes    *Change  `json:"notes,omitempty"`
}

// Change is a value before and after; empty where there was none.
type Change struct {
	What string `json:"what"`
	From string `json:"from"`
	To   string `json:"to"`
}

// LabelChange is what was changed of a label that both versions have.
type LabelChange struct {
	Label       string   `json:"label"`
	Description *Change  `json:"description,omitempty"`
	Added       []string `json:"examples_added,omitempty"`
	Removed     []string `json:"examples_removed,omitempty"`
}

// Measure is a metric of both versions; nil where a version has none.
type Measure struct {
	What string   `json:"what"`
	From *float64 `json:"from"`
	To   *float64 `json:"to"`
}

// Diff compares two versions.
func Diff(from, to *Manifest) *Difference {
	d := &Difference{From: from.Ref(), To: to.Ref(), Same: from.Hash == to.Hash}
	d.Backend = change("backend", from.Backend.String(), to.Backend.String())
	d.labels(from.Labels, to.Labels)
	d.options(from.Options, to.Options)
	d.metrics(from.Evaluation, to.Evaluation)
	d.Weights = changedWeights(from, to)
	d.Notes = change("notes", from.Notes, to.Notes)
	return d
}

// String is the backend's name, with its format where that is not the first.
func (b Backend) String() string {
	text := b.Name
	if b.Format > 1 {
		text += fmt.Sprintf(" (format %d)", b.Format)
	}
	return text
}

func change(what, from, to string) *Change {
	if from == to {
		return nil
	}
	return &Change{what, from, to}
}

func (d *Difference) labels(from, to classify.LabelSet) {
	before := make(map[string]classify.Label, len(from))
	for _, l := range from {
		before[l.Name] = l
	}
	var kept []string
	for _, l := range to {
		old, ok := before[l.Name]
		if !ok {
			d.Added = append(d.Added, l.Name)
			continue
		}
		kept = append(kept, l.Name)
		delete(before, l.Name)
		c := LabelChange{
			Label: l.Name, Description: change("description", old.Description, l.Description),
			Added: missing(old.Examples, l.Examples), Removed: missing(l.Examples, old.Examples),
		}
		if c.Description != nil || len(c.Added) > 0 || len(c.Removed) > 0 {
			d.Changed = append(d.Changed, c)
		}
	}
	var stayed []string
	for _, l := range from {
		if _, gone := before[l.Name]; gone {
			d.Removed = append(d.Removed, l.Name)
		} else {
			stayed = append(stayed, l.Name)
		}
	}
	d.Reordered = !slices.Equal(stayed, kept)
}

// missing are the texts of b that a does not have.
func missing(a, b []string) []string {
	have := make(map[string]bool, len(a))
	for _, text := range a {
		have[text] = true
	}
	return slices.DeleteFunc(slices.Clone(b), func(text string) bool { return have[text] })
}

// options compares the options by their names in JSON.
func (d *Difference) options(from, to Options) {
	a, b := reflect.ValueOf(from), reflect.ValueOf(to)
	for i := range a.NumField() {
		name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
		if c := change(name, option(a.Field(i)), option(b.Field(i))); c != nil {
			d.Options = append(d.Options, *c)
		}
	}
}

// option writes an option's value; empty where it is the backend's default.
func option(v reflect.Value) string {
	if v.IsZero() {
		return ""
	}
	return fmt.Sprint(reflect.Indirect(v).Interface())
}

func (d *Difference) metrics(from, to json.RawMessage) {
	if len(from) == 0 && len(to) == 0 {
		return
	}
	var a, b Metrics
	if len(from) > 0 {
		a, _ = ParseMetrics(from) // a version holds none that can't be read
	}
	if len(to) > 0 {
		b, _ = ParseMetrics(to)
	}
	d.SameData = a.Data == b.Data
	d.Metrics = []Measure{{"accuracy", a.Accuracy, b.Accuracy}, {"macro_f1", a.MacroF1, b.MacroF1}, {"ece", a.ECE, b.ECE}}
}

func changedWeights(from, to *Manifest) []string {
	var names []string
	for _, b := range from.Weights {
		if other, ok := to.blob(b.Name); !ok || other != b {
			names = append(names, b.Name)
		}
	}
	for _, b := range to.Weights {
		if _, ok := from.blob(b.Name); !ok {
			names = append(names, b.Name)
		}
	}
	slices.Sort(names)
	return names
}
