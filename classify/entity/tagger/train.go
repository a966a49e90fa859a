package tagger

import (
	"context"
	"errors"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/classify/learning"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Progress is how far a training is.
type Progress struct {
	// Stage is read, validate (one training for each fold), curve or train.
	Stage string
	// Done and Total are iterations of the stage; Total is 0 where it isn't known. A stage may end early.
	Done, Total int
}

// Report tells about a training.
type Report struct {
	Types                      []string
	Examples, Tokens, Entities int
	// Repaired is the number of tags and spans that were changed to make sense of them.
	Repaired int
	// Skipped is the number of examples that were left out, and SkippedWhy the first errors that say why.
	Skipped    int
	SkippedWhy []error
	// Features is the number of features that the model keeps.
	Features int
	// Iterations and Loss (negative log-likelihood, regularized) are those of the last training.
	Iterations int
	Loss       float64
	// Validation is how well models found the entities of examples that they were not trained on; it has no types where
	// there were too few examples.
	Validation Scores
	// Curve is the micro-F1 by number of examples that were learnt from, of one fold's examples. It is empty where there are
	// too few entities for one.
	Curve []learning.Point
	// Expected is the micro-F1 that twice as many examples would bring, by a power law through Curve; 0 where that is empty.
	Expected float64
	// Threshold is the probability that spans need at least, chosen by Validation.
	Threshold float64
	// Took is the time that the training took.
	Took time.Duration
}

// Bounds of what errors and reports list.
const (
	mostErrors = 20
	leastGold  = 20 // entities without which nothing is validated
	// leastCurve are the entities from which on a learning curve shows more than chance: a quarter of them is tested.
	leastCurve = 400
)

// trainer is one training.
type trainer struct {
	cfg      Config
	types    []string
	samples  []sample
	groups   *clusters
	report   *Report
	progress func(Progress)
}

// Train learns a model from examples. They are read once, in order, and kept in memory. progress, which may be nil, is
// called by this goroutine alone.
//
// The error is the context's, that of the examples, or a *fault.Error: train.*, or what is wrong with the config, joined.
func Train(ctx context.Context, cfg Config, examples iter.Seq2[Example, error], progress func(Progress)) (*Model, *Report, error) {
	started := time.Now()
	if err := cfg.setDefaults(); err != nil {
		return nil, nil, err
	}
	if err := cfg.validate(); err != nil {
		return nil, nil, err
	}
	if progress == nil {
		progress = func(Progress) {}
	}
	t := &trainer{cfg: cfg, report: new(Report), progress: progress}
	if err := t.read(ctx, examples); err != nil {
		return nil, nil, err
	}
	t.cluster()
	tune, err := t.validate(ctx)
	if err != nil {
		return nil, nil, err
	}
	m, err := t.fit(ctx, t.samples, "train", 0, 1)
	if err != nil {
		return nil, nil, err
	}
	m.tuning = tune
	if err := m.identify(); err != nil {
		return nil, nil, err
	}
	t.report.Features = len(m.scales)
	t.report.Threshold = tune.Threshold
	t.report.Took = time.Since(started)
	return m, t.report, nil
}

// read takes the examples in.
func (t *trainer) read(ctx context.Context, examples iter.Seq2[Example, error]) error {
	t.progress(Progress{Stage: "read"})
	all, errs := []Example(nil), []error(nil)
	for e, err := range examples {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			e.Entities, err = e.check()
		}
		if err == nil {
			all = append(all, e)
			continue
		}
		if f, ok := fault.As(err); !ok || f.Code.Fate != fault.Row && f.Code != fault.TrainSpans {
			return err
		}
		t.report.Skipped++
		if len(errs) < mostErrors {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 && !t.cfg.SkipBad {
		if more := t.report.Skipped - len(errs); more > 0 {
			errs = append(errs, fault.New(fault.TrainSpans, "and %d more examples that can't be used", more))
		}
		return errors.Join(errs...)
	}
	t.report.SkippedWhy = errs
	return t.take(all)
}

// take numbers types and makes samples.
func (t *trainer) take(all []Example) error {
	for _, e := range all {
		for _, s := range e.Entities {
			if at, ok := slices.BinarySearch(t.types, s.Type); !ok {
				t.types = slices.Insert(t.types, at, s.Type)
			}
			if len(t.types) > maxTypes {
				return fault.New(fault.TrainTypes, "there are more than %d types of entities: %s, …", maxTypes, strings.Join(t.types[:5], ", ")).At(e.Where)
			}
		}
	}
	r := t.report
	for _, e := range all {
		s := sample{text: e.Text}
		for _, x := range e.Entities {
			typ, _ := slices.BinarySearch(t.types, x.Type)
			s.spans = append(s.spans, Span{Start: int32(x.Start), End: int32(x.End), Type: int32(typ), Confidence: 1})
		}
		t.samples = append(t.samples, s)
		r.Examples++
		r.Entities += len(s.spans)
		r.Tokens += len(Tokenize(nil, e.Text))
		r.Repaired += e.Repaired
	}
	r.Types = t.types
	if r.Entities == 0 {
		return fault.New(fault.TrainEntities, "none of the examples (%d) has an entity", r.Examples)
	}
	return nil
}

// cluster groups the words of all examples by their vectors.
func (t *trainer) cluster() {
	var s speller
	e := newEmbedder(t.cfg.Table)
	seen := map[string]bool{}
	var vectors []int16
	for _, x := range t.samples {
		for _, k := range Tokenize(nil, x.text) {
			token := x.text[k.Start:k.End]
			if seen[token] {
				continue
			}
			seen[token] = true
			vectors = append(vectors, e.embed(token, s.spell(token))...)
		}
	}
	t.groups = newClusters(vectors, t.cfg.Table.Dim(), t.cfg.Seed, crew(t.cfg.Workers))
}

// fit trains a model. Of a stage of several trainings, this is the one that comes after done.
func (t *trainer) fit(ctx context.Context, samples []sample, stage string, done, all int) (*Model, error) {
	n := t.cfg.Iterations
	p, keys := build(&t.cfg, samples, len(t.types), t.groups)
	w := make([]float64, p.size())
	search := &minimizer{memory: 6, iterations: n, enough: 1e-3, sums: p.crew.dot, progress: func(i int, _ float64) {
		t.progress(Progress{stage, done*n + i, all * n})
	}}
	var err error
	t.report.Loss, t.report.Iterations, err = search.minimize(ctx, w, p.loss)
	if err != nil {
		return nil, err
	}
	if math.IsNaN(t.report.Loss) || math.IsInf(t.report.Loss, 0) {
		return nil, fault.New(fault.Internal, "the loss left the numbers")
	}
	return newModel(t.cfg.Table, t.types, t.groups, p, keys, w), nil
}

// held is what a model that was not trained on a text found in it.
type held struct {
	sample sample
	found  []candidate
	tokens int
}

// validate trains a model for each fold, and tunes by what they find in the examples held out.
func (t *trainer) validate(ctx context.Context) (tuning, error) {
	if t.report.Entities < leastGold || len(t.samples) < 2*t.cfg.Folds {
		return untuned, nil
	}
	order := rand.New(rand.NewPCG(t.cfg.Seed, 0)).Perm(len(t.samples))
	var all []held
	for fold := range t.cfg.Folds {
		train, test := t.divide(order, fold)
		m, err := t.fit(ctx, train, "validate", fold, t.cfg.Folds)
		if err != nil {
			return tuning{}, err
		}
		all = m.answer(all, test)
	}
	tune := tune(all, len(t.types))
	t.report.Validation = judge(all, len(t.types), tune.Threshold)
	return tune, t.curve(ctx, order, all, tune.Threshold)
}

// divide gives what the model of a fold is trained on, and what it is tested on.
func (t *trainer) divide(order []int, fold int) (train, test []sample) {
	for i, at := range order {
		if i%t.cfg.Folds == fold {
			test = append(test, t.samples[at])
		} else {
			train = append(train, t.samples[at])
		}
	}
	return train, test
}

// answer appends what the model finds in samples.
func (m *Model) answer(all []held, samples []sample) []held {
	s := m.newScratch()
	for _, x := range samples {
		all = append(all, held{x, m.candidates(x.text, s), len(s.tokens)})
	}
	return all
}

// curve trains on parts of the first fold's examples and judges each by the fold's other examples. judged begins with what a
// model of all of them found there.
func (t *trainer) curve(ctx context.Context, order []int, judged []held, threshold float64) error {
	if t.report.Entities < leastCurve {
		return nil
	}
	train, test := t.divide(order, 0)
	add := func(rows int, found []held) {
		t.report.Curve = append(t.report.Curve, learning.Point{Rows: rows, Score: judge(found, len(t.types), threshold).Micro.F1})
	}
	parts := []int{8, 4, 2}
	for i, part := range parts {
		few := train[:len(train)/part]
		m, err := t.fit(ctx, few, "curve", i, len(parts))
		if err != nil {
			return err
		}
		add(len(few), m.answer(nil, test))
	}
	add(len(train), judged[:len(test)])
	t.report.Expected = learning.Extrapolate(t.report.Curve, 2*len(t.samples))
	return nil
}
