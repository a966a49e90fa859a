package head

import (
	"context"

	"github.com/winnow-stream/winnow/classify"
)

// first is the trial to begin with: the best on average over sets like those that winnow is made for.
func (t *trainer) first() trial {
	return trial{weights: Weights{Static: 1.5, Word: 1, Char: 0.7}, cost: 1, text: 1}
}

// choose tries parameters by cross-validation, one after another, each beside the best so far.
func (t *trainer) choose(ctx context.Context, report *Report) (trial, error) {
	best := t.first()
	folds := t.searchFolds()
	top, err := t.try(ctx, best, folds, report)
	if err != nil {
		return best, err
	}
	for _, vary := range variations {
		for _, change := range vary {
			if t.spent(0.3) {
				return best, nil
			}
			next := best
			if change(&next); next == best {
				continue
			}
			q, err := t.try(ctx, next, folds, report)
			if err != nil {
				return best, err
			}
			if q > top+margin(len(folds[0].test)*len(folds)) {
				best, top = next, q
				break
			}
		}
	}
	return best, nil
}

// variations are what is tried, in this order: of each group the first that is better is kept.
var variations = [][]func(*trial){
	{func(t *trial) { t.weights.Static = 0.8 }, func(t *trial) { t.weights.Static = 2.5 }},
	{func(t *trial) { t.cost *= 0.3 }, func(t *trial) { t.cost *= 3 }},
}

// margin is by how much a trial must be better than the one before to be believed, in accuracy.
func margin(rows int) float64 { return 0 }

// maxSearched bounds the rows on which parameters are tried.
const maxSearched = 6000

// searchFolds are the folds of the choice.
func (t *trainer) searchFolds() []fold {
	rows := t.data.examples()
	if n := len(rows); n > maxSearched {
		rows = t.deal(rows, n/maxSearched+1, t.cfg.Seed+2)[0]
	}
	return t.folds(rows, min(parts(len(rows)), 5), t.cfg.Seed+2)
}

// try judges a trial: accuracy in single mode, the mean of micro- and macro-F1 in multi mode, with a little of the
// likelihood, which moves where the first stands still.
func (t *trainer) try(ctx context.Context, tr trial, folds []fold, report *Report) (float64, error) {
	tr.quick = true
	s, err := t.judge(ctx, tr, folds)
	if err != nil {
		return 0, err
	}
	var q Tried
	q.Weights, q.Cost, q.LabelText = tr.weights, tr.cost, tr.text
	if t.cfg.Mode == classify.Single {
		q.Accuracy = t.accuracy(s)
		_, q.Loss = temperature(s, t.gold)
	} else {
		c := t.calibrate(s)
		f := t.f1(s, c)
		q.Accuracy = (f.micro + f.macro) / 2
	}
	report.Tried = append(report.Tried, q)
	t.progress(Progress{Stage: "choose", Done: len(report.Tried)})
	return q.Accuracy - 0.02*q.Loss, nil
}
