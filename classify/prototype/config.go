package prototype

import (
	"errors"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// DefaultThreshold is the confidence from which on a label is given in multi mode.
const DefaultThreshold = 0.3

// Config says what to choose from and how to answer. Only Labels is required.
type Config struct {
	// Labels are 1 to 200 labels. One label alone is detection: its confidence is a probability of its own.
	Labels classify.LabelSet
	// Answers has DefaultThreshold.
	classify.Answers
	// Temperature overrides the softmax temperature of single mode; 0 takes the calibrated one.
	Temperature float64
}

// validate reports everything that is wrong at once.
func (c *Config) validate() error {
	errs := []error{c.Labels.Check(), c.Check(len(c.Labels))}
	if !(c.Temperature >= 0 && c.Temperature <= 100) {
		errs = append(errs, fault.New(fault.ConfigField, "temperature %v is not from 0 to 100", c.Temperature))
	}
	return errors.Join(errs...)
}
