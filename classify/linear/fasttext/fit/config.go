package fit

import (
	"runtime"
	"slices"
	"time"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/eval"
	"github.com/winnow-stream/winnow/classify/linear/fasttext"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/train"
)

// Config says how to train. The zero Config trains with fastText's defaults.
type Config struct {
	// Parameters are those of the model. Loss follows from Mode, and Threads, Seed, Shuffle and Progress are set too.
	Parameters train.Config
	// Tune is how long those parameters that are 0 are looked for; 0: they are fastText's defaults. Time decides how
	// much is tried, so that two searches may end differently.
	Tune time.Duration
	// Trials is how many sets of parameters are tried at most; 0: as many as Tune allows. Trials without Tune take their
	// time, and end alike with the same seed.
	Trials int
	// Candidates are sets of parameters in place of Parameters, Tune and Trials: the one that answers the first examples
	// held out best is taken. Each of their models is trained by one goroutine, several side by side, so that the same
	// seed gives the same model whatever the number of workers.
	Candidates []train.Config
	// Keep are parameters that are 0 and stay so: minn, maxn, bucket.
	Keep []string
	// Mode is Single by default: softmax. Multi is one sigmoid a label.
	Mode classify.Mode
	// Labels are those that examples may have; empty: all that come.
	Labels []string
	// Quantize makes the model small, as .ftz files are, at the price of some accuracy, which is not in the estimates.
	Quantize bool
	// Seed decides how examples are divided and all random numbers. With one worker and without Tune the same seed gives
	// the same model.
	Seed uint64
	// Workers is how many goroutines train; 0: as many as Go runs.
	Workers int
	// Least is the accuracy on texts held out, 0 to 1, that is worth a model. Once it is clear that it won't be reached,
	// Train ends with ErrBeaten.
	Least float64
}

// Progress is how far a training is.
type Progress struct {
	Stage       string // tune, validate, train
	Done, Total int    // trials, folds, hundredths; Total is 0 where it isn't known
}

// Report tells how a training went.
type Report struct {
	Rows   int // examples
	Labels int
	Trials int // of the search, or candidates
	// Tuned is what the best trial or candidate reached on the examples that chose it; 0 without any.
	Tuned      float64
	Parameters train.Config // that were chosen
	// Quality is of examples that were held out. Nil: it did not come to that.
	Quality *eval.Report
	// Threshold is the confidence from which on multi mode gives a label: that of the best micro-F1.
	Threshold float64
	Took      time.Duration
}

func (c *Config) setDefaults() {
	if c.Mode == "" {
		c.Mode = classify.Single
	}
	if c.Workers <= 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	c.complete(&c.Parameters, c.Workers)
	c.Candidates = slices.Clone(c.Candidates)
	for i := range c.Candidates {
		c.complete(&c.Candidates[i], 1)
	}
}

// complete sets what is the same for all parameters.
func (c *Config) complete(p *train.Config, threads int) {
	p.Loss = fasttext.Softmax
	if c.Mode == classify.Multi {
		p.Loss = fasttext.OneVsAll
	}
	p.Threads, p.Seed, p.Shuffle, p.Progress = threads, c.Seed, true, nil
}
