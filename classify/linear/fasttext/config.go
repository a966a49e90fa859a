package fasttext

import (
	"errors"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// DefaultThreshold is the confidence from which on a label is given in multi mode: where a sigmoid turns.
const DefaultThreshold = 0.5

// Config says how a model answers. Only Model is required.
type Config struct {
	Model *Model
	// Labels restricts the answers to some of the model's labels, in an order of their own; nil is all of them. With
	// softmax and hs the confidences are then shares among these labels.
	Labels []string
	// Mode is Single by default. Multi is for models whose labels are independent, trained with ova or ns; with softmax
	// and hs the confidences of a text's labels sum to 1, and a threshold above 0.5 gives one label at most.
	Mode classify.Mode
	// Threshold is the confidence, 0 to 1, from which on multi mode gives a label; nil is DefaultThreshold. It has no
	// meaning in single mode, where it is refused.
	Threshold *float64
	// TopK lists the best labels of each text in single mode, and bounds the list of multi mode; 0 does neither.
	TopK int
	// Abstain is the confidence below which no label is given; 0 always gives one.
	Abstain float64
	// AbstainLabel is given instead of null where the classifier abstains. It need not be one of the labels; Info.Labels
	// then ends with it. The row's confidence stays that of the best label.
	AbstainLabel string
}

func (c *Config) setDefaults() {
	if c.Mode == "" {
		c.Mode = classify.Single
	}
	if c.Threshold == nil && c.Mode == classify.Multi {
		d := DefaultThreshold
		c.Threshold = &d
	}
}

// validate reports everything that is wrong at once.
func (c *Config) validate() error {
	if c.Model == nil {
		return fault.New(fault.ConfigMissing, "no fastText model was given")
	}
	n := len(c.Labels)
	if c.Labels == nil {
		n = len(c.Model.labels)
	}
	answers := classify.Answers{Mode: c.Mode, Threshold: c.Threshold, TopK: c.TopK, Abstain: c.Abstain}
	return errors.Join(append([]error{answers.Check(n)}, c.checkLabels()...)...)
}

// checkLabels reports labels that the model doesn't have, or that are asked for twice.
func (c *Config) checkLabels() (errs []error) {
	if c.Labels == nil {
		return nil
	}
	if len(c.Labels) == 0 {
		return []error{fault.New(fault.LabelsRequired, "there are no labels").WithFix("leave labels out to have all of the model's")}
	}
	seen := make(map[int]string, len(c.Labels))
	for _, name := range c.Labels {
		i := c.Model.find(name)
		if i < 0 {
			err := fault.New(fault.LabelsUnknown, "the model has no label %q", name)
			if near := fault.Nearest(name, c.Model.labels); near != "" {
				err = err.WithFix("did you mean %q?", near)
			} else {
				err = err.WithFix("use labels of the model: %s", some(c.Model.labels))
			}
			errs = append(errs, err)
		} else if first, twice := seen[i]; twice {
			errs = append(errs, fault.New(fault.LabelsDuplicate, "%q and %q are the same label of the model", first, name))
		}
		seen[i] = name
	}
	return errs
}

// find is the index of a label, by the name that its users gave it or as fastText writes it; -1 when there is none.
func (m *Model) find(name string) int {
	if i := slices.Index(m.labels, name); i >= 0 {
		return i
	}
	return int(m.dict.Find([]byte(Written(name)))) - len(m.dict.Words())
}

// some are the first of many labels, for a message.
func some(labels []string) string {
	const few = 10
	if len(labels) > few {
		return strings.Join(labels[:few], ", ") + ", …"
	}
	return strings.Join(labels, ", ")
}
