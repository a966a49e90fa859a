package cascade

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// MaxStages bounds a cascade; more than three stages have not been of use to anybody.
const MaxStages = 8

// Stage is a classifier and how sure it must be.
type Stage struct {
	// Classifier answers. The cascade does not close it.
	Classifier classify.Classifier
	// Confidence is what an answer must reach, 0 to 1, or else its text goes on to the next stage. The last stage has
	// none: its answers stand.
	Confidence float64
}

// OnError says what becomes of texts that a stage could not answer.
type OnError string

const (
	// Fail makes an error of a stage's call the error of the cascade's, which the engine retries where that may help,
	// and a text that a stage could not answer a failed row. It is the default, since the same text then never gets
	// another answer because a service was away.
	Fail OnError = "fail"
	// Keep lets texts go on to the stage behind the one that failed. What none answers keeps the answer that it has, if
	// any, else it is a failed row. An error of the first stage's call is the cascade's all the same, and so is the end
	// of the context.
	Keep OnError = "keep"
)

// Config says what to ask, in which order.
type Config struct {
	// Stages are 1 to MaxStages, cheapest first.
	Stages []Stage
	// OnError is Fail by default.
	OnError OnError
	// Clock measures the stages' time; nil is time.Now.
	Clock func() time.Time
}

// Classifier asks stage by stage. It is safe for concurrent use, as its stages are.
type Classifier struct {
	stages  []stage
	info    classify.Info
	keep    bool
	clock   func() time.Time
	totals  totals
	scratch sync.Pool // *scratch
}

// stage is a Stage ready for use.
type stage struct {
	classifier       classify.Classifier
	backend, version string
	confidence       float64 // as it was given
	least            float32 // the same, rounded as confidences are
	labels           []int32 // the stage's labels as indexes into those of the first; nil where they are the same
	place            string  // in errors
	counts           counts
}

// New makes a cascade. The error joins a *fault.Error for everything that is wrong with the config.
func New(cfg Config) (*Classifier, error) {
	if cfg.OnError == "" {
		cfg.OnError = Fail
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	c := &Classifier{stages: make([]stage, len(cfg.Stages)), keep: cfg.OnError == Keep, clock: cfg.Clock}
	var errs []error
	for i, s := range cfg.Stages {
		info := s.Classifier.Info()
		if i == 0 {
			c.info = info
			c.info.Memory, c.info.Notes = 0, nil
		}
		c.info.Memory += info.Memory
		c.info.Notes = append(c.info.Notes, info.Notes...)
		st := &c.stages[i]
		st.classifier, st.backend, st.version = s.Classifier, info.Backend, info.Version
		st.confidence = s.Confidence
		st.least, st.place = classify.RoundConfidence(s.Confidence), fmt.Sprintf("stage %d (%s)", i+1, info.Backend)
		var err error
		if st.labels, err = agree(c.info, info); err != nil {
			errs = append(errs, fault.New(fault.ConfigField, "%w", err).At(at(i)).WithFix("give each stage the same labels and the same mode"))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	c.info.Backend, c.info.Version = "cascade", "cascade-"+c.hash(cfg)
	c.scratch.New = func() any { return &scratch{results: make([]classify.Results, len(cfg.Stages))} }
	return c, nil
}

// validate reports everything that is wrong at once.
func (cfg *Config) validate() error {
	var errs []error
	bad := func(code *fault.Code, where fault.Where, format string, args ...any) {
		errs = append(errs, fault.New(code, format, args...).At(where))
	}
	if n := len(cfg.Stages); n < 1 || n > MaxStages {
		bad(fault.ConfigField, fault.Where{Path: "stages"}, "%d stages, from 1 to %d are allowed", n, MaxStages)
	}
	if cfg.OnError != Fail && cfg.OnError != Keep {
		bad(fault.ConfigField, fault.Where{Path: "on_error"}, "on_error %q is neither fail nor keep", string(cfg.OnError))
	}
	for i, s := range cfg.Stages {
		switch last := i == len(cfg.Stages)-1; {
		case s.Classifier == nil:
			bad(fault.ConfigMissing, at(i), "the stage has no classifier")
		case !(s.Confidence >= 0 && s.Confidence <= 1):
			bad(fault.ThresholdRange, at(i), "confidence %v is not from 0 to 1", s.Confidence)
		case last && s.Confidence != 0:
			bad(fault.ConfigField, at(i), "the last stage has the confidence %v, but there is no stage behind it", s.Confidence)
		}
	}
	return errors.Join(errs...)
}

func at(i int) fault.Where { return fault.Where{Path: fmt.Sprintf("stages[%d]", i)} }

// hash is over everything that decides an answer: 12 hexadecimal digits.
func (c *Classifier) hash(cfg Config) string {
	what := []any{"cascade/1", c.info.Labels, cfg.OnError}
	for i := range c.stages {
		what = append(what, c.stages[i].version, c.stages[i].least)
	}
	h := sha256.New()
	_ = json.NewEncoder(h).Encode(what)
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// Info describes the cascade: the labels in the order of its first stage.
func (c *Classifier) Info() classify.Info { return c.info }

var _ classify.Classifier = (*Classifier)(nil)
