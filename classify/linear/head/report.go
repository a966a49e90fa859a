package head

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/learning"
)

// Report tells how a training went. All estimates are of rows that were not trained on.
type Report struct {
	Rows    int64 // examples read
	Used    int   // of which so many were trained on
	Labels  int
	Grams   int  // n-grams that the model knows
	Vectors bool // whether it learnt from vectors of the texts, too
	Tested  int  // rows that the estimates are of
	Chosen  Tried
	Tried   []Tried // in the order in which they were tried, on at most maxSearched rows
	Took    time.Duration
	Workers int

	Accuracy    float64 // share of rows whose best label is one of theirs, 0 to 1
	MicroF1     float64 // over all labels together
	MacroF1     float64 // mean over labels that have rows
	ECE         float64 // expected calibration error over 15 bins, of the best label (single) or of all pairs (multi)
	PerLabel    []LabelReport
	Curve       []learning.Point // accuracy (single) or micro-F1 (multi) by number of rows
	Expected    float64          // what twice as many rows would bring it to, by a power law through the curve; 0 if unknown
	Duplicates  []Duplicate
	Conflicting int      // duplicates in all, of which Duplicates holds the first
	Empty       []string // labels without an example, known by their texts alone
}

// Tried are parameters and what they reached.
type Tried struct {
	Weights   Weights
	Cost      float64 // C of the support vector machine
	LabelText float64 // how much a label's own text counts beside an example
	Accuracy  float64 // in multi mode the mean of micro- and macro-F1
	Loss      float64 // mean negative log-likelihood; 0 in multi mode
}

// LabelReport counts what was found of a label.
type LabelReport struct {
	Name      string
	Rows      int // rows that have it
	Given     int // rows that it was given to
	Right     int // rows that have it and it was given to
	Threshold float64
}

// Duplicate is a text under two labels.
type Duplicate struct {
	First, Second int64 // row numbers among the examples, from 1
	Labels        [2]string
}

func (t *trainer) newReport() *Report {
	r := &Report{Rows: t.data.read, Used: t.data.real, Labels: len(t.data.set), Grams: t.vocabulary.size(), Vectors: t.rows.dim > 0, Workers: t.cfg.Workers}
	for l, rows := range t.data.having {
		n := len(rows)
		if n > 0 && int(rows[n-1]) >= t.data.real {
			n--
		}
		if n == 0 {
			r.Empty = append(r.Empty, t.data.set[l].Name)
		}
	}
	t.duplicates(r)
	return r
}

// accuracy is the share of rows whose best margin is that of a label of theirs.
func (t *trainer) accuracy(s *scores) float64 {
	right := 0
	for i, row := range s.rows {
		if t.data.has(row, int32(best(s.row(i)))) {
			right++
		}
	}
	return float64(right) / float64(max(len(s.rows), 1))
}

func best(margins []float32) (at int) {
	for l, m := range margins {
		if m > margins[at] {
			at = l
		}
	}
	return at
}

type f1 struct {
	micro, macro float64
	labels       []LabelReport
}

// f1 counts the labels that are given: the best one in single mode, those that reach their threshold in multi mode.
func (t *trainer) f1(s *scores, c calibration) f1 {
	out := f1{labels: make([]LabelReport, s.labels)}
	for i, row := range s.rows {
		m := s.row(i)
		top := best(m)
		for l, v := range m {
			given := l == top
			if t.cfg.Mode == classify.Multi {
				given = 1/(1+math.Exp(-(c.Slopes[l]*float64(v)+c.Offsets[l]))) >= c.Thresholds[l]
			}
			has := t.data.has(row, int32(l))
			count(&out.labels[l].Given, given)
			count(&out.labels[l].Rows, has)
			count(&out.labels[l].Right, given && has)
		}
	}
	var all LabelReport
	some := 0.0
	for l := range out.labels {
		r := &out.labels[l]
		r.Name = t.data.set[l].Name
		if len(c.Thresholds) > 0 {
			r.Threshold = c.Thresholds[l]
		}
		all.Given, all.Rows, all.Right = all.Given+r.Given, all.Rows+r.Rows, all.Right+r.Right
		if r.Rows > 0 {
			some++
			out.macro += 2 * float64(r.Right) / float64(r.Given+r.Rows)
		}
	}
	out.macro /= max(some, 1)
	out.micro = 2 * float64(all.Right) / float64(max(all.Given+all.Rows, 1))
	return out
}

func count(n *int, yes bool) {
	if yes {
		*n++
	}
}

// outcome fills in the estimates.
func (r *Report) outcome(t *trainer, tr trial, s *scores, c calibration) {
	f := t.f1(s, c)
	r.Accuracy, r.MicroF1, r.MacroF1, r.PerLabel = t.accuracy(s), f.micro, f.macro, f.labels
	r.ECE, r.Tested = t.ece(s, c), len(s.rows)
	r.Chosen = Tried{Weights: tr.weights, Cost: tr.cost, LabelText: tr.text, Accuracy: r.Accuracy}
}

// ece is the expected calibration error over 15 bins of equal width (Guo et al. 2017).
func (t *trainer) ece(s *scores, c calibration) float64 {
	const bins = 15
	var gap [bins]float64
	n := 0.0
	add := func(p float64, right bool) {
		at := min(int(p*bins), bins-1)
		gap[at] += p
		if right {
			gap[at]--
		}
		n++
	}
	for i, row := range s.rows {
		m := s.row(i)
		if t.cfg.Mode == classify.Multi {
			for l, v := range m {
				add(1/(1+math.Exp(-(c.Slopes[l]*float64(v)+c.Offsets[l]))), t.data.has(row, int32(l)))
			}
			continue
		}
		top, sum := best(m), 0.0
		inverse := c.Inverse(m[top])
		for _, v := range m {
			sum += math.Exp(float64(v-m[top]) * inverse)
		}
		add(1/sum, t.data.has(row, int32(top)))
	}
	total := 0.0
	for _, g := range gap {
		total += math.Abs(g)
	}
	return total / max(n, 1)
}

// curve trains on parts of a fold's rows and judges each on the fold's other rows. judged begins with scores of these by
// all of its rows, where they were made already. Where the report's estimate was learnt from more rows than that, it is the
// curve's last point. With very many labels there is no curve.
func (t *trainer) curve(ctx context.Context, tr trial, whole fold, judged *scores, report *Report) error {
	tr.quick = true
	train := whole.train[:len(whole.train)-len(t.data.labelTexts())]
	for _, part := range []int{8, 4, 2, 1} {
		if t.spent(0.9) || len(t.data.set) >= manyLabels {
			return nil
		}
		rows := t.deal(train, part, t.cfg.Seed+3)[0]
		if len(rows) == 0 || len(whole.test) == 0 {
			continue
		}
		var s *scores
		if part == 1 && slices.Equal(judged.rows[:min(len(whole.test), len(judged.rows))], whole.test) {
			s = judged.first(len(whole.test))
		} else {
			var err error
			if s, err = t.judge(ctx, tr, []fold{{train: slices.Concat(rows, t.data.labelTexts()), test: whole.test}}); err != nil {
				return err
			}
		}
		report.Curve = append(report.Curve, learning.Point{Rows: len(rows), Score: t.overall(ctx, s)})
		t.progress(Progress{Stage: "curve", Done: len(report.Curve), Total: 4})
	}
	if judged.learnt > len(train) && len(report.Curve) > 0 {
		report.Curve = append(report.Curve, learning.Point{Rows: judged.learnt, Score: t.overall(ctx, judged)})
	}
	report.Expected = learning.Extrapolate(report.Curve, 2*t.data.real)
	return nil
}

// overall is the accuracy, or in multi mode the micro-averaged F1.
func (t *trainer) overall(ctx context.Context, s *scores) float64 {
	if t.cfg.Mode == classify.Multi {
		return t.f1(s, t.calibrate(ctx, s)).micro
	}
	return t.accuracy(s)
}
