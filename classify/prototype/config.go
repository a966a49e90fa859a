package prototype

import (
	"errors"
	"slices"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// DefaultThreshold is the confidence from which on a label is given in multi mode.
const DefaultThreshold = 0.3

// Config says what to choose from and how to answer. Only Labels is required.
type Config struct {
	// Labels are 1 to 200 labels. One label alone is detection: its confidence is a probability of its own.
	Labels classify.LabelSet
	// Mode is Single by default.
	Mode classify.Mode
	// Threshold is the confidence, 0 to 1, from which on multi mode gives a label; nil is DefaultThreshold. It has no
	// meaning in single mode, where it is refused.
	Threshold *float64
	// TopK lists the best labels of each text in single mode, and bounds the list of multi mode; 0 does neither.
	TopK int
	// Abstain is the confidence below which no label is given; 0 always gives one.
	Abstain float64
	// AbstainLabel is given instead of null where the classifier abstains. It need not be one of Labels; Info.Labels
	// then ends with it. The row's confidence stays that of the best label.
	AbstainLabel string
	// Temperature overrides the softmax temperature of single mode; 0 takes the calibrated one.
	Temperature float64
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
	answers := classify.Answers{Mode: c.Mode, Threshold: c.Threshold, TopK: c.TopK, Abstain: c.Abstain}
	errs := []error{c.Labels.Check(), answers.Check(len(c.Labels))}
	if !(c.Temperature >= 0 && c.Temperature <= 100) {
		errs = append(errs, fault.New(fault.ConfigField, "temperature %v is not from 0 to 100", c.Temperature))
	}
	return errors.Join(errs...)
}

// labels are the names that answers refer to, and the index of the label for abstaining, -1 when that is null.
func (c *Config) labels() (names []string, abstain int32) {
	names = c.Labels.Names()
	if c.AbstainLabel == "" {
		return names, -1
	}
	if i := slices.Index(names, c.AbstainLabel); i >= 0 {
		return names, int32(i)
	}
	return append(names, c.AbstainLabel), int32(len(names))
}
