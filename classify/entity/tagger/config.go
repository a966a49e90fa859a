package tagger

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Config says how to train. The zero Config is good.
type Config struct {
	// Seed decides which examples validate which, and where clusters of words begin. The same seed, examples and options give
	// the same model, however many workers there are.
	Seed uint64
	// Folds is how many parts of the examples are held out in turn, to choose the threshold, to calibrate confidences,
	// and for Report.Validation; default 4, at least 2.
	Folds int
	// Iterations is how often all examples are gone through at most; default 60.
	Iterations int
	// Workers is the number of goroutines; default GOMAXPROCS.
	Workers int
	// SkipBad leaves out the examples that can't be used, and reports them, in place of ending with an error.
	SkipBad bool
	// Table is the embeddings of words; default those that are compiled into the binary. A model only loads with the
	// table that it was trained with.
	Table *static.Table
}

// Found by cross-validation on the training data of WNUT-17.
const (
	ridge     = 1.0 // L2 strength of weights
	leastUses = 2   // features of fewer tokens are left out
)

func (c *Config) setDefaults() error {
	if c.Folds == 0 {
		c.Folds = 4
	}
	if c.Iterations == 0 {
		c.Iterations = 60
	}
	if c.Workers == 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.Table == nil {
		t, err := static.Embedded()
		if err != nil {
			return fault.New(fault.Internal, "%w", err)
		}
		c.Table = t
	}
	return nil
}

func (c *Config) validate() error {
	var errs []error
	bad := func(path string, format string, args ...any) {
		errs = append(errs, fault.New(fault.ConfigField, "%s", fmt.Sprintf(format, args...)).At(fault.Where{Path: path}))
	}
	if c.Folds < 2 || c.Folds > 100 {
		bad("folds", "%d is not from 2 to 100", c.Folds)
	}
	if c.Iterations < 1 {
		bad("iterations", "%d is below 1", c.Iterations)
	}
	if c.Workers < 1 {
		bad("workers", "%d is below 1", c.Workers)
	}
	return errors.Join(errs...)
}
