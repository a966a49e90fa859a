package static

import (
	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/prototype"
)

// DefaultThreshold is the confidence from which on a label is given in multi mode.
const DefaultThreshold = prototype.DefaultThreshold

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
	// Table is the embeddings; nil takes those that are compiled in.
	Table *Table
}

// prototype is the part of the config that does not concern the embeddings.
func (c *Config) prototype() prototype.Config {
	return prototype.Config{
		Labels: c.Labels, Mode: c.Mode, Threshold: c.Threshold, TopK: c.TopK,
		Abstain: c.Abstain, AbstainLabel: c.AbstainLabel, Temperature: c.Temperature,
	}
}
