package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/eval"
	"github.com/winnow-stream/winnow/classify/linear/conflict"
	"github.com/winnow-stream/winnow/classify/linear/fasttext"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/fit"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/train"
	"github.com/winnow-stream/winnow/classify/linear/head"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// maxText is how much text a fastText model is trained on, in bytes. It is kept in memory.
const maxText = 512 << 20

// fastText reads, and trains a fastText model. The report comes with fit.ErrBeaten too.
func (r *lesson) fastText(ctx context.Context, cfg fit.Config) (*fasttext.Model, *fit.Report, error) {
	var examples []train.Example
	size := 0
	for e, err := range r.examples(ctx, cfg.Mode, func() {}) {
		if err != nil {
			return nil, nil, err
		}
		examples = append(examples, train.Example(e))
		if size += len(e.Text); size > maxText {
			return nil, nil, fault.New(fault.TrainTooMuch, "the first %s have more than %s of text", term.Plural(int64(len(examples)), "record"), term.Bytes(maxText))
		}
	}
	r.compare(examples)
	ctx, stop := r.main.interruptible(ctx)
	defer stop()
	m, report, err := fit.Train(ctx, cfg, examples, func(p fit.Progress) {
		if !r.main.quiet && time.Since(r.drawn) >= drawEvery {
			r.drawn = time.Now()
			r.screen.Draw([]string{term.TrainingProgress(p.Stage, p.Done, p.Total)})
		}
	})
	r.screen.Clear()
	if err != nil && !errors.Is(err, fit.ErrBeaten) {
		err = r.failed(ctx, err)
	}
	return m, report, err
}

// compare finds the texts that stand under two labels.
func (r *lesson) compare(examples []train.Example) {
	var found []conflict.Conflict
	found, r.conflicting = conflict.Find(len(examples), func(i int) string { return examples[i].Text }, func(a, b int) bool {
		return slices.Equal(examples[a].Labels, examples[b].Labels)
	})
	for _, c := range found {
		r.conflicts = append(r.conflicts, head.Duplicate{
			First: int64(c.First + 1), Second: int64(c.Second + 1),
			Labels: [2]string{strings.Join(examples[c.First].Labels, ", "), strings.Join(examples[c.Second].Labels, ", ")},
		})
	}
}

// fastTextTraining is what there is to tell of a fastText model, which becomes the lesson's draft.
func (r *lesson) fastTextTraining(m *fasttext.Model, f *fit.Report, cfg head.Config) (*term.Training, error) {
	c := &spec.Classify{Labels: cfg.Labels, Mode: modeOf(cfg), Threshold: cfg.Answer.Threshold, TopK: cfg.Answer.TopK, Abstain: cfg.Answer.Abstain}
	if c.Mode == classify.Multi && c.Threshold == nil {
		c.Threshold = &f.Threshold
	}
	var err error
	if r.draft, err = wire.ModelDraft(m, c); err != nil {
		return nil, err
	}
	q := f.Quality
	report := &head.Report{
		Rows: int64(f.Rows), Used: f.Rows, Labels: f.Labels, Tested: int(q.Rows), Took: f.Took,
		Accuracy: known(q.Accuracy), MicroF1: known(q.MicroF1), MacroF1: known(q.MacroF1), ECE: known(q.ECE),
	}
	for _, l := range q.Labels {
		report.PerLabel = append(report.PerLabel, head.LabelReport{Name: l.Name, Rows: int(l.Gold), Given: int(l.Predicted), Right: int(l.Correct)})
	}
	report.Duplicates, report.Conflicting = r.conflicts, r.conflicting
	t := r.training(report, c.Mode)
	t.Heads = []term.Head{{Name: headFastText, Accuracy: report.Accuracy, Tested: report.Tested, Took: f.Took, Parameters: parameters(f)}}
	return t, nil
}

// known is a score, 0 where it is unknown.
func known(s eval.Score) float64 {
	if !s.Known() {
		return 0
	}
	return float64(s)
}

// parameters are those of a fastText model by the names of its flags.
func parameters(f *fit.Report) *term.FastText {
	p := f.Parameters
	return &term.FastText{
		Dim: p.Dim, Epoch: p.Epoch, LR: p.LR, WordNgrams: p.WordNgrams, MinN: p.MinN, MaxN: p.MaxN, Bucket: p.Bucket, Trials: f.Trials,
	}
}
