package classify

import (
	"errors"
	"slices"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Answers are the options that backends have for what they answer. Configs embed them.
type Answers struct {
	// Mode is Single by default.
	Mode Mode
	// Threshold is the confidence, 0 to 1, from which on multi mode gives a label; nil is the backend's default. It has no
	// meaning in single mode, where it is refused.
	Threshold *float64
	// TopK lists the best labels of each text in single mode, and bounds the list of multi mode; 0 does neither.
	TopK int
	// Abstain is the confidence below which no label is given; 0 always gives one.
	Abstain float64
	// AbstainLabel is given instead of null where the classifier abstains. It need not be one of its labels; Info.Labels
	// then ends with it. The row's confidence stays that of the best label.
	AbstainLabel string
}

// SetDefaults fills in single mode, or the threshold of multi mode.
func (a *Answers) SetDefaults(threshold float64) {
	if a.Mode == "" {
		a.Mode = Single
	}
	if a.Threshold == nil && a.Mode == Multi {
		a.Threshold = &threshold
	}
}

// Check reports everything that is wrong at once, for a classifier of so many labels.
func (a *Answers) Check(labels int) error {
	var errs []error
	bad := func(code *fault.Code, format string, args ...any) {
		errs = append(errs, fault.New(code, format, args...))
	}
	switch {
	case a.Mode != Single && a.Mode != Multi:
		bad(fault.ModeUnknown, "mode %q is neither single nor multi", string(a.Mode))
	case a.Mode == Single && a.Threshold != nil:
		bad(fault.ThresholdMode, "threshold %v in single mode", *a.Threshold)
	case a.Threshold != nil && !isShare(*a.Threshold):
		bad(fault.ThresholdRange, "threshold %v is not from 0 to 1", *a.Threshold)
	}
	if !isShare(a.Abstain) {
		bad(fault.ThresholdRange, "abstain %v is not from 0 to 1", a.Abstain)
	}
	if a.TopK < 0 || a.TopK > max(labels, 1) {
		bad(fault.TopKRange, "top_k is %d, with %d labels", a.TopK, labels)
	}
	return errors.Join(errs...)
}

// isShare is false for what is not a number, too.
func isShare(f float64) bool { return f >= 0 && f <= 1 }

// Names are those that answers refer to, as Info has them: the labels, and AbstainLabel where it is none of them; abstain is
// its index, -1 without one. The labels are not changed.
func (a *Answers) Names(labels []string) (names []string, abstain int32) {
	if a.AbstainLabel == "" {
		return labels, -1
	}
	if i := slices.Index(labels, a.AbstainLabel); i >= 0 {
		return labels, int32(i)
	}
	return append(slices.Clip(labels), a.AbstainLabel), int32(len(labels))
}

// Lists says whether answers come with lists of labels.
func (a *Answers) Lists() bool { return a.Mode == Multi || a.TopK > 0 }
