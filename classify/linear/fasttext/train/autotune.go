package train

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/winnow-stream/winnow/classify/linear/fasttext"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Search says how to look for good parameters. The zero Search looks for five minutes.
type Search struct {
	// Config holds what is fixed: every field that is not 0, and those that Keep names. The others are looked for: epoch,
	// lr, dim, wordNgrams, minn (with maxn), bucket. Its Threads is how many trials run at once, each on one thread.
	Config Config
	// Keep are fields of Config that are fixed although they are 0: minn, maxn, bucket.
	Keep []string
	// Trials is how many sets of parameters are tried; 0 is as many as Duration allows. With a number of trials and
	// no Duration, the same seed finds the same parameters, whatever the machine.
	Trials int
	// Duration bounds the search; trials that it ends don't count. By default it is five minutes without Trials, and
	// endless with them.
	Duration time.Duration
	// Validation are the examples that decide. Nil takes a tenth of the examples away from training, chosen by the seed
	// and the example's place.
	Validation Examples
	// Memory bounds the rows of n-grams of all trials that may run at once, in bytes: 2 GiB.
	Memory int64
	// Progress is called after each trial, by one goroutine at a time; nil is not called.
	Progress func(Trial)
}

// Trial is one set of parameters and what it reached.
type Trial struct {
	Number int     // from 1
	Config Config  // complete: Train takes it as it is
	Score  float64 // F1 of the best label of each text of the validation, all labels together; NaN where training failed
	Best   bool    // so far
}

const (
	defaultDuration     = 5 * time.Minute
	defaultTrialsMemory = 2 << 30
	// generation is how many trials begin from the same best one. It doesn't depend on the machine.
	generation = 4
	// validationShare is one over the share of examples that decide.
	validationShare = 10
)

func (s *Search) setDefaults() {
	if s.Duration == 0 && s.Trials == 0 {
		s.Duration = defaultDuration
	}
	orDefault(&s.Memory, defaultTrialsMemory)
	orDefault(&s.Config.Threads, runtime.GOMAXPROCS(0))
}

func (s *Search) validate() error {
	var errs []error
	if s.Trials < 0 || s.Duration < 0 || s.Memory < 0 {
		errs = append(errs, fault.New(fault.ConfigField, "trials %d, duration %s, memory %d: want no negative number", s.Trials, s.Duration, s.Memory))
	}
	for _, name := range s.Keep {
		if !slices.Contains([]string{"minn", "maxn", "bucket"}, name) {
			errs = append(errs, fault.New(fault.ConfigField, "keep names %q: want minn, maxn or bucket", name))
		}
	}
	fixed := s.Config
	fixed.setDefaults()
	return errors.Join(append(errs, fixed.validate())...)
}

// Autotune looks for the parameters that label best what was not trained on, as fastText's autotune does: from the best
// ones so far it takes random steps, which grow smaller. It returns the best trial; Train makes the model of its Config,
// from all examples. Examples are ranged over by several goroutines at once.
//
// When the time is over it returns what it has; when the context ends, the context's error.
func Autotune(ctx context.Context, s Search, examples Examples) (Trial, error) {
	s.setDefaults()
	if err := s.validate(); err != nil {
		return Trial{}, err
	}
	training, validation := examples, s.Validation
	if validation == nil {
		training, validation = part(examples, s.Config.Seed, false), part(examples, s.Config.Seed, true)
	}
	limited := ctx
	if s.Duration > 0 {
		var stop context.CancelFunc
		limited, stop = context.WithTimeout(ctx, s.Duration)
		defer stop()
	}
	t := &tuner{Search: s, random: rand.New(rand.NewPCG(s.Config.Seed, 0x7e57)), begun: time.Now()}
	t.best.Score = math.NaN()
	var last error
	for t.number < s.Trials || s.Trials == 0 {
		trials, err := t.generation(limited, training, validation)
		for _, trial := range trials {
			t.judge(trial)
		}
		if ctx.Err() != nil {
			return Trial{}, ctx.Err()
		}
		if limited.Err() != nil {
			break
		}
		if err != nil {
			if last = err; math.IsNaN(t.best.Score) && t.number >= generation {
				return Trial{}, last
			}
		}
	}
	if math.IsNaN(t.best.Score) {
		if last == nil {
			last = fault.New(fault.TrainExamples, "no training was done within %s", s.Duration).WithFix("allow more time, or fewer epochs")
		}
		return Trial{}, last
	}
	return t.best, nil
}

// part gives the examples that decide, or the others.
func part(examples Examples, seed uint64, decides bool) Examples {
	return func(yield func(Example, error) bool) {
		i := uint64(0)
		var hash rand.PCG
		for e, err := range examples {
			hash.Seed(seed, i)
			i++
			if err == nil && (hash.Uint64()%validationShare == 0) != decides {
				continue
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// tuner is the state of a search.
type tuner struct {
	Search
	random *rand.Rand
	begun  time.Time
	number int
	best   Trial
}

// generation tries some sets of parameters at once. Its error is that of the first trial that failed, if any.
func (t *tuner) generation(ctx context.Context, training, validation Examples) ([]Trial, error) {
	n := generation
	if t.Trials > 0 {
		n = min(n, t.Trials-t.number)
	}
	trials, errs := make([]Trial, n), make([]error, n)
	for i := range trials {
		t.number++
		trials[i] = Trial{Number: t.number, Config: t.propose(), Score: math.NaN()}
	}
	var group errgroup.Group
	group.SetLimit(min(t.Config.Threads, generation))
	for i := range trials {
		group.Go(func() error {
			trials[i].Score, errs[i] = try(ctx, trials[i].Config, training, validation)
			return nil
		})
	}
	_ = group.Wait() // errors are kept one by one
	return trials, errors.Join(errs...)
}

// judge takes a trial's result.
func (t *tuner) judge(trial Trial) {
	if trial.Best = trial.Score > t.best.Score || math.IsNaN(t.best.Score) && !math.IsNaN(trial.Score); trial.Best {
		t.best = trial
	}
	if t.Progress != nil {
		t.Progress(trial)
	}
}

// try trains and measures.
func try(ctx context.Context, cfg Config, training, validation Examples) (float64, error) {
	m, err := Train(ctx, cfg, training)
	if err != nil {
		return math.NaN(), err
	}
	return F1(ctx, m, validation)
}

// F1 is the harmonic mean of precision and recall of each text's best label, over all texts and labels together: with one
// label a text it is the accuracy. Labels that the model doesn't have count as missed.
func F1(ctx context.Context, m *fasttext.Model, examples Examples) (float64, error) {
	var s fasttext.Scratch
	var list []fasttext.Prediction
	right, given, gold, n := 0, 0, 0, 0
	for e, err := range examples {
		if err != nil {
			return 0, err
		}
		if n++; n%checkEvery == 0 && ctx.Err() != nil {
			return 0, ctx.Err()
		}
		gold += len(e.Labels)
		list = m.Predict(list[:0], bytesOf(e.Text), 1, 0, &s)
		given += len(list)
		if len(list) > 0 && slices.Contains(e.Labels, m.Labels()[list[0].Label]) {
			right++
		}
	}
	if given+gold == 0 {
		return 0, fault.New(fault.TrainExamples, "there are no examples to measure with")
	}
	return 2 * float64(right) / float64(given+gold), ctx.Err()
}

// propose is the next set of parameters. The first is fastText's defaults; the others are random steps from the best, in
// fastText's ranges but for dim and bucket, whose upper ends take its models out of proportion.
func (t *tuner) propose() Config {
	cfg := t.Config
	fixed := t.Config
	cfg.Threads, cfg.Progress = 1, nil
	cfg.setDefaults()
	if t.number > 1 {
		from := t.best.Config
		if math.IsNaN(t.best.Score) {
			from = cfg
		}
		at := t.progress()
		orStep(fixed.Epoch, &cfg.Epoch, t.scale(float64(from.Epoch), 1, 100, 2.8, 2.5, at))
		if fixed.LR == 0 {
			cfg.LR = t.scale(from.LR, 0.01, 5, 1.9, 1, at)
		}
		orStep(fixed.Dim, &cfg.Dim, t.scale(float64(from.Dim), 4, 300, 1.4, 0.3, at))
		orStep(fixed.WordNgrams, &cfg.WordNgrams, t.shift(float64(from.WordNgrams), 1, 5, 4.3, 2.4, at))
		t.subwords(&cfg, from, at)
		bucket := float64(from.Bucket)
		if bucket == 0 {
			bucket = defaultBucket
		}
		orStep(fixed.Bucket, &cfg.Bucket, t.scale(bucket, 10_000, defaultBucket, 2, 1.5, at))
	}
	if cfg.WordNgrams <= 1 && cfg.MaxN == 0 {
		cfg.Bucket = 0
	} else if fixed.Bucket == 0 {
		most := t.Memory / generation / int64(4*cfg.Dim)
		cfg.Bucket = max(int(min(int64(max(cfg.Bucket, 10_000)), most)), 1000)
	}
	return cfg
}

// minns are the shortest n-grams of characters that are tried; 0 is none.
var minns = []int{0, 2, 3}

func (t *tuner) subwords(cfg *Config, from Config, at float64) {
	if t.Config.MinN != 0 || t.Config.MaxN != 0 || slices.Contains(t.Keep, "minn") || slices.Contains(t.Keep, "maxn") {
		return
	}
	i := max(slices.Index(minns, from.MinN), 0)
	cfg.MinN = minns[int(t.shift(float64(i), 0, float64(len(minns)-1), 4, 1.4, at))]
	if cfg.MaxN = 0; cfg.MinN > 0 {
		cfg.MaxN = cfg.MinN + 3
	}
}

func orStep(fixed int, to *int, v float64) {
	if fixed == 0 {
		*to = int(v)
	}
}

// progress is how far the search is, 0 to 1: by trials, or by time.
func (t *tuner) progress() float64 {
	if t.Trials > 0 {
		return float64(t.number) / float64(t.Trials)
	}
	return min(float64(time.Since(t.begun))/float64(t.Duration), 1)
}

// step is a normal random number whose deviation goes from one to the other in the search's second and third quarter.
func (t *tuner) step(first, last, at float64) float64 {
	return t.random.NormFloat64() * (first - (first-last)*2*min(0.5, max(at-0.25, 0)))
}

func (t *tuner) scale(v, least, most, first, last, at float64) float64 {
	return min(max(v*math.Exp2(t.step(first, last, at)), least), most)
}

func (t *tuner) shift(v, least, most, first, last, at float64) float64 {
	return min(max(v+t.step(first, last, at), least), most)
}
