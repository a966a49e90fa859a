package head

import (
	"cmp"
	"errors"
	"runtime"
	"slices"
	"time"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Config says how to train. The zero Config works.
type Config struct {
	// Labels are the labels to choose from, with their descriptions; names and descriptions are learnt from like
	// examples. Empty takes the labels that the examples have, in alphabetical order. Examples within are trained on too.
	Labels classify.LabelSet
	// Mode is Single by default. In multi mode an example may have no label or several.
	Mode classify.Mode
	// Answer is how the model answers; it can be changed later (Model.With).
	Answer Answer
	// Space makes the texts' vectors; nil takes the static table that is compiled into the binary.
	Space *Space
	// Seed decides how examples are divided and in which order they are looked at. The same seed gives the same model,
	// whatever the number of workers.
	Seed uint64
	// Workers is how many goroutines train; 0 is one for each core.
	Workers int
	// Balanced weighs a label's examples by the square root of their rarity, so that rare labels are found more often
	// and frequent ones less.
	Balanced bool
	// Weights say how much an example of a label counts, by name; 1 where there is none. They multiply with Balanced.
	Weights map[string]float64
	// Budget is the time after which nothing more is tried: the choice of parameters and the learning curve end early,
	// the training does not. 0 sets no end. Where it cuts something short, two runs may differ.
	Budget time.Duration
}

// Answer is how a model answers. The zero Answer gives each text its best label (single), or those that reach the
// threshold chosen for them in training (multi).
type Answer struct {
	// Threshold is the confidence, 0 to 1, from which on multi mode gives a label; nil takes each label's own, at which
	// its F1 was best out of fold. It has no meaning in single mode, where it is refused.
	Threshold *float64
	// TopK lists the best labels of each text in single mode, and bounds the list of multi mode; 0 does neither.
	TopK int
	// Abstain is the confidence below which no label is given; 0 always gives one.
	Abstain float64
	// AbstainLabel is given instead of null where the model abstains. It need not be one of the labels; Info.Labels then
	// ends with it. The row's confidence stays that of the best label.
	AbstainLabel string
}

func (c *Config) setDefaults() error {
	if c.Mode == "" {
		c.Mode = classify.Single
	}
	if c.Workers <= 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.Space == nil {
		var err error
		if c.Space, err = embedded(); err != nil {
			return err
		}
	}
	return nil
}

// maxRows is how many rows are kept.
func (c *Config) maxRows() int {
	if c.Space.Required {
		return maxVectors
	}
	return MaxRows
}

// validate reports everything that is wrong at once.
func (c *Config) validate() error {
	var errs []error
	bad := func(code *fault.Code, format string, args ...any) {
		errs = append(errs, fault.New(code, format, args...))
	}
	if len(c.Labels) > 0 {
		errs = append(errs, c.Labels.CheckUpTo(MaxLabels))
	}
	for name, w := range c.Weights {
		if !(w > 0 && w <= 1e6) {
			bad(fault.ConfigField, "the weight of the label %q is %v, not above 0 and at most 1e6", name, w)
		}
		if len(c.Labels) > 0 && !slices.ContainsFunc(c.Labels, func(l classify.Label) bool { return l.Name == name }) {
			bad(fault.TrainLabel, "a weight for the label %q, which is not one of the labels", name)
		}
	}
	if c.Budget < 0 {
		bad(fault.ConfigField, "a budget of %v", c.Budget)
	}
	known := cmp.Or(len(c.Labels), MaxLabels) // where the examples say which there are, they are counted later
	return errors.Join(append(errs, c.Answer.in(c.Mode).Check(known))...)
}

// in is the answer in a mode, as all backends have it.
func (a *Answer) in(mode classify.Mode) *classify.Answers {
	return &classify.Answers{Mode: mode, Threshold: a.Threshold, TopK: a.TopK, Abstain: a.Abstain, AbstainLabel: a.AbstainLabel}
}
