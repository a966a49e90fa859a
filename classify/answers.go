package classify

import (
	"errors"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Answers are the options that every backend has for what it answers.
type Answers struct {
	Mode      Mode
	Threshold *float64 // of multi mode; nil: the backend's own
	TopK      int      // how many labels are listed; 0: the best one
	Abstain   float64  // no label below this confidence
}

// Check reports everything that is wrong at once, for a classifier of so many labels.
func (a Answers) Check(labels int) error {
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
