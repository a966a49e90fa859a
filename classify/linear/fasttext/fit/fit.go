package fit

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/linear/fasttext"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/train"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// ErrBeaten ends a training that won't reach Config.Least.
var ErrBeaten = errors.New("the model is not good enough to be trained")

// fitter is one training.
type fitter struct {
	cfg      Config
	examples []train.Example // in an order of chance: fastText learns badly from texts that are sorted by label
	names    []string        // of labels, sorted
	ids      map[string]int32
	report   *Report
	progress func(Progress)
}

// Train makes a model of examples, whose order it does not change. The report is there with ErrBeaten too. progress, which
// may be nil, is called by one goroutine at a time.
//
// Other errors are the context's or *fault.Errors: train.*, labels.*, or what is wrong with the parameters.
func Train(ctx context.Context, cfg Config, examples []train.Example, progress func(Progress)) (*fasttext.Model, *Report, error) {
	started := time.Now()
	cfg.setDefaults()
	if progress == nil {
		progress = func(Progress) {}
	}
	f := &fitter{cfg: cfg, examples: slices.Clone(examples), report: &Report{Rows: len(examples)}, progress: progress}
	if err := f.check(); err != nil {
		return nil, nil, err
	}
	rand.New(rand.NewPCG(cfg.Seed, 0xf17)).Shuffle(len(f.examples), func(i, j int) {
		f.examples[i], f.examples[j] = f.examples[j], f.examples[i]
	})
	m, err := f.run(ctx)
	f.report.Took = time.Since(started)
	if err != nil && !errors.Is(err, ErrBeaten) {
		return nil, nil, err
	}
	return m, f.report, err
}

func (f *fitter) run(ctx context.Context) (*fasttext.Model, error) {
	cfg, held, err := f.parameters(ctx)
	f.report.Parameters = cfg
	if err == nil {
		held, err = f.validate(ctx, cfg, held)
	}
	if held == nil {
		return nil, err
	}
	cal := f.calibrate(held)
	var failed error
	if f.report.Quality, f.report.Threshold, failed = f.judge(held, cal); failed != nil {
		return nil, failed
	}
	if err == nil && f.cfg.Least > 0 && float64(f.report.Quality.Accuracy) < f.cfg.Least {
		err = ErrBeaten
	}
	if err != nil {
		return nil, err
	}
	cfg.Progress = func(p train.Progress) { f.progress(Progress{"train", int(100 * p.Fraction), 100}) }
	m, err := train.Train(ctx, cfg, train.Slice(f.examples))
	if err != nil {
		return nil, err
	}
	if f.cfg.Quantize {
		if m, err = m.Quantize(ctx, fasttext.Quantization{Norms: true, Seed: f.cfg.Seed, Threads: f.cfg.Workers}); err != nil {
			return nil, err
		}
	}
	return m.Calibrated(cal)
}

// parameters chooses among candidates, whose answers to the first examples held out come with them, or looks for parameters.
func (f *fitter) parameters(ctx context.Context) (train.Config, *held, error) {
	if len(f.cfg.Candidates) > 0 {
		return f.choose(ctx)
	}
	cfg, err := f.tune(ctx)
	return cfg, nil, err
}

// tune looks for parameters.
func (f *fitter) tune(ctx context.Context) (train.Config, error) {
	if f.cfg.Tune == 0 && f.cfg.Trials == 0 {
		return f.cfg.Parameters.WithDefaults(), nil
	}
	s := train.Search{Config: f.cfg.Parameters, Keep: f.cfg.Keep, Duration: f.cfg.Tune, Trials: f.cfg.Trials}
	s.Progress = func(t train.Trial) {
		f.report.Trials++
		f.progress(Progress{Stage: "tune", Done: t.Number})
	}
	best, err := train.Autotune(ctx, s, train.Slice(f.examples))
	if err != nil {
		return train.Config{}, err
	}
	f.report.Tuned = best.Score
	if f.hopeless(best.Score, len(f.examples)/10) {
		return best.Config, ErrBeaten
	}
	best.Config.Threads = f.cfg.Workers // each trial had one
	return best.Config, nil
}

// check refuses examples that nothing can be learnt from. Rows are numbered from 1.
func (f *fitter) check() error {
	f.ids = map[string]int32{}
	for _, name := range f.cfg.Labels {
		f.ids[name] = 0
	}
	open, bare, having := len(f.ids) == 0, 0, map[string]bool{}
	for i, e := range f.examples {
		at := fault.Where{Row: int64(i + 1)}
		if n := len(e.Labels); f.cfg.Mode == classify.Single && n != 1 {
			return fault.New(fault.TrainLabel, "an example has %d labels, and the mode is single", n).At(at)
		} else if n == 0 {
			bare++
		}
		for _, name := range e.Labels {
			if _, ok := f.ids[name]; !ok && !open {
				return fault.New(fault.TrainLabel, "an example has the label %q, which is not one of the labels", name).At(at)
			}
			f.ids[name], having[name] = 0, true
		}
	}
	for name := range f.ids {
		f.names = append(f.names, name)
	}
	slices.Sort(f.names)
	for i, name := range f.names {
		f.ids[name] = int32(i)
		if !having[name] {
			return fault.New(fault.TrainLabel, "no example has the label %q, and a fastText model knows labels by examples alone", name).
				WithFix("leave the label out, give examples of it, or train winnow's own head, which knows it by its name and description")
		}
	}
	f.report.Labels = len(f.names)
	switch {
	case len(f.examples) < 2:
		return fault.New(fault.TrainRows, "training takes at least 2 examples, and gets %d", len(f.examples))
	case len(f.names) == 0:
		return fault.New(fault.TrainOneLabel, "no example has a label")
	case len(f.names) == 1 && bare == 0:
		return fault.New(fault.TrainOneLabel, "every example has the label %q; there is nothing to tell it from", f.names[0])
	}
	return nil
}
