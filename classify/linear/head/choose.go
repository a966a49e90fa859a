package head

import (
	"context"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/temperature"
)

// first is the trial to begin with: the best on average over cross-validated sets, with few examples a label and with
// many.
func (t *trainer) first() trial {
	switch {
	case !t.joint():
		return trial{weights: Weights{Static: 1, Word: 1, Char: 0.7}, cost: 1, text: 1}
	case t.few() && len(t.data.set) <= fewLabels:
		return trial{weights: Weights{Static: 1.2, Word: 1, Char: 1}, cost: 8, text: 1}
	case t.few():
		return trial{weights: Weights{Static: 1.7, Word: 1, Char: 1}, cost: 8, text: 1, prior: 5}
	default:
		return trial{weights: Weights{Static: 1.3, Word: 1, Char: 0.8}, cost: 50, text: 1}
	}
}

// few says whether there are few examples.
func (t *trainer) few() bool { return t.data.real <= fewEach*len(t.data.set) }

const (
	// fewEach is up to how many examples a label, on average, there are few of them.
	fewEach = 40
	// fewLabels is up to how many labels there are few of them: a label's text tells less then, since each stands for much,
	// and there are fewer examples in all.
	fewLabels = 12
)

// variations are what is tried beside the first trial, in this order: of each group the first that is better is kept.
var variations = [][]func(*trial){
	{func(t *trial) { t.weights.Static *= 0.6 }, func(t *trial) { t.weights.Static *= 1.6 }},
	{func(t *trial) { t.cost *= 0.3 }, func(t *trial) { t.cost *= 3 }},
}

// groups is how many groups of variations are tried. With few examples, the cost of a row hardly matters; with very few,
// what looks better is chance.
func (t *trainer) groups() int {
	switch {
	case t.data.real < leastChosen:
		return 0
	case t.joint() && t.few():
		return 1
	default:
		return len(variations)
	}
}

// leastChosen is from how many examples on parameters are chosen: the standard error of an accuracy is 2 points then.
const leastChosen = 200

// choose tries parameters by cross-validation, one after another, each beside the best so far. It returns the scores of
// the best one, of rows that were not trained on. With very many labels, where each trial takes long, it tries nothing.
func (t *trainer) choose(ctx context.Context, folds []fold, report *Report) (best trial, s *scores, err error) {
	best = t.first()
	if len(t.data.set) >= manyLabels {
		return best, nil, nil
	}
	s, top, err := t.try(ctx, best, folds, report)
	if err != nil {
		return best, nil, err
	}
	for _, group := range variations[:t.groups()] {
		for _, change := range group {
			if t.spent(0.3) {
				return best, s, nil
			}
			next := best
			change(&next)
			judged, q, err := t.try(ctx, next, folds, report)
			if err != nil {
				return best, nil, err
			}
			if q > top {
				best, top, s = next, q, judged
				break
			}
		}
	}
	return best, s, nil
}

// maxSearched bounds the rows on which parameters are tried; where labels are trained one by one, half as many.
const maxSearched = 12_000

// searchFolds are the folds in which parameters are tried.
func (t *trainer) searchFolds() []fold {
	rows, most := t.data.examples(), maxSearched
	if !t.joint() {
		most /= 2
	}
	if n := len(rows); n > most {
		rows = t.deal(rows, n/most+1, t.cfg.Seed+2)[0]
	}
	return t.folds(rows, parts(len(rows)), t.cfg.Seed+2)
}

// try judges a trial: accuracy in single mode, the mean of micro- and macro-F1 in multi mode, with a little of the
// likelihood, which moves where accuracy stands still.
func (t *trainer) try(ctx context.Context, tr trial, folds []fold, report *Report) (*scores, float64, error) {
	tr.quick = true
	s, err := t.judge(ctx, tr, folds)
	if err != nil {
		return nil, 0, err
	}
	q := Tried{Weights: tr.weights, Cost: tr.cost, LabelText: tr.text}
	if t.cfg.Mode == classify.Single {
		q.Accuracy = t.accuracy(s)
		_, q.Loss = temperature.Fit(s.gold(t))
	} else {
		f := t.f1(s, t.calibrate(ctx, s))
		q.Accuracy = (f.micro + f.macro) / 2
	}
	report.Tried = append(report.Tried, q)
	t.progress(Progress{Stage: "choose", Done: len(report.Tried)})
	return s, q.Accuracy - 0.02*q.Loss, nil
}
