package head

import (
	"cmp"
	"context"
	"iter"
	"math"
	"time"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/temperature"
)

// Progress is how far a training is.
type Progress struct {
	Stage       string // read, features, choose, validate, train, curve
	Done, Total int    // of the stage; Total is 0 where it isn't known
}

// trainer is one training.
type trainer struct {
	cfg        Config
	data       *data
	vocabulary *vocabulary
	rows       *rows
	balance    []float64 // by label: how much its rows count
	keep       int       // weights of n-grams that each label keeps
	started    time.Time
	progress   func(Progress)
}

// Train learns a model from examples. They are read once, in order, and kept in memory: a row of 60 characters takes
// about 2 KiB, or 400 bytes where there are more than 96 Ki of them. Of more than MaxRows rows or 128 MiB of text, or of
// more than 96 Ki where vectors are required, every second, fourth, … row is taken. progress, which may be nil, is called by this goroutine alone.
//
// The error is the context's, that of the examples, or a *fault.Error: labels.*, train.*, or what is wrong with the
// config, joined.
func Train(ctx context.Context, cfg Config, examples iter.Seq2[Example, error], progress func(Progress)) (*Model, *Report, error) {
	if err := cfg.setDefaults(); err != nil {
		return nil, nil, err
	}
	if err := cfg.validate(); err != nil {
		return nil, nil, err
	}
	if progress == nil {
		progress = func(Progress) {}
	}
	t := &trainer{cfg: cfg, started: time.Now(), progress: progress}
	progress(Progress{Stage: "read"})
	var err error
	if t.data, err = read(ctx, &t.cfg, examples); err != nil {
		return nil, nil, err
	}
	if err := t.cfg.Answer.in(cfg.Mode).Check(len(t.data.set)); err != nil {
		return nil, nil, err
	}
	if err := t.features(ctx); err != nil {
		return nil, nil, err
	}
	t.weigh()
	return t.run(ctx)
}

// run chooses, validates and trains.
func (t *trainer) run(ctx context.Context) (*Model, *Report, error) {
	report := t.newReport()
	search := t.searchFolds()
	best, judged, err := t.choose(ctx, search, report)
	if err != nil {
		return nil, nil, err
	}
	if judged == nil || len(judged.rows) < t.data.real {
		t.progress(Progress{Stage: "validate"})
		folds := t.validation()
		if judged, err = t.judge(ctx, best, folds); err != nil {
			return nil, nil, err
		}
	}
	cal := t.calibrate(ctx, judged)
	report.outcome(t, best, judged, cal)
	t.progress(Progress{Stage: "train"})
	m, err := t.finish(ctx, best, cal, func() error { return t.curve(ctx, best, search[0], judged, report) })
	if err != nil {
		return nil, nil, err
	}
	report.Took = time.Since(t.started)
	return m, report, nil
}

// finish trains the model on all rows. Where all labels are trained at once, which keeps one core busy, other work is
// done beside it; else behind it.
func (t *trainer) finish(ctx context.Context, tr trial, cal calibration, other func() error) (m *Model, err error) {
	done := make(chan struct{})
	train := func() {
		defer close(done)
		m, err = t.model(ctx, tr, append(t.data.examples(), t.data.labelTexts()...), cal)
	}
	if t.joint() && t.cfg.Workers > 1 {
		go train()
	} else {
		train()
	}
	failed := other()
	<-done
	return m, cmp.Or(err, failed)
}

// spent says whether the budget is used up to a part of it.
func (t *trainer) spent(part float64) bool {
	return t.cfg.Budget > 0 && time.Since(t.started).Seconds() > part*t.cfg.Budget.Seconds()
}

// weigh finds how much each label's rows count.
func (t *trainer) weigh() {
	labels := len(t.data.set)
	t.balance = make([]float64, labels)
	for l, rows := range t.data.having {
		t.balance[l] = 1
		if t.cfg.Balanced {
			mean := float64(len(t.data.ids)) / float64(labels)
			t.balance[l] = math.Sqrt(mean / float64(max(len(rows), 1)))
		}
		if w, ok := t.cfg.Weights[t.data.set[l].Name]; ok {
			t.balance[l] *= w
		}
	}
	t.keep = max(maxEntries/labels, leastEntries)
}

// Weights of n-grams that are kept: maxEntries in all, but leastEntries for each label. 3 bytes each in a file.
const (
	maxEntries   = 4 << 20
	leastEntries = 2000
)

// costs are how much rows count by themselves: label texts as often as the trial says.
func (t *trainer) costs(tr trial) []float32 {
	costs := make([]float32, t.rows.count)
	for i := range costs {
		costs[i] = 1
		if i >= t.data.real {
			costs[i] = float32(max(tr.text, 1e-6))
		}
	}
	return costs
}

// gold is the label of a row in single mode.
func (t *trainer) gold(row int32) int { return int(t.data.labels(row)[0]) }

// validation divides the examples for the estimates of the report: in folds, each row being tested once; or, where that
// would take too long, in two parts of which the smaller is tested.
func (t *trainer) validation() []fold {
	n, labels := t.data.real, len(t.data.set)
	if n <= maxFolded && n*labels <= maxScores {
		return t.folds(t.data.examples(), parts(n), t.cfg.Seed+1)
	}
	test := max(min(n/10, maxHeld, maxScores/labels), 1)
	dealt := t.deal(t.data.examples(), max(n/test, 2), t.cfg.Seed+1)
	f := fold{test: dealt[0]}
	for _, part := range dealt[1:] {
		f.train = append(f.train, part...)
	}
	f.train = append(f.train, t.data.labelTexts()...)
	return []fold{f}
}

const (
	maxFolded = 60_000 // rows that are validated in folds
	maxHeld   = 20_000 // rows that are tested where there are more
)

// parts is the number of folds for so many rows: the more folds, the nearer the estimates are to the model's.
func parts(rows int) int {
	switch {
	case rows <= 400:
		return 8
	case rows <= 4000:
		return 4
	default:
		return 3
	}
}

// calibrate fits what turns margins into confidences. In single mode each text has its own temperature where that was
// measured to serve, with few examples a label; very few rows don't tell what it depends on, and the margins of two labels
// say the same.
func (t *trainer) calibrate(ctx context.Context, s *scores) calibration {
	switch {
	case t.cfg.Mode == classify.Multi:
		slopes, offsets := t.curves(ctx, s)
		return calibration{Slopes: slopes, Offsets: offsets, Thresholds: t.thresholds(s, slopes, offsets)}
	case t.few() && len(s.rows) >= leastChosen && s.labels > 2:
		return calibration{Softmax: temperature.FitByText(s.gold(t), foreign)}
	default:
		c, _ := temperature.Fit(s.gold(t))
		return calibration{Softmax: c}
	}
}
