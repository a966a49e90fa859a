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
	// Answers has DefaultThreshold.
	classify.Answers
	// Temperature overrides the softmax temperature of single mode; 0 takes the calibrated one.
	Temperature float64
	// Table is the embeddings; nil takes those that are compiled in.
	Table *Table
}

// prototype is the part of the config that does not concern the embeddings.
func (c *Config) prototype() prototype.Config {
	return prototype.Config{Labels: c.Labels, Answers: c.Answers, Temperature: c.Temperature}
}
