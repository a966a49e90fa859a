package eval

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/classify"
)

// UnknownGold says what a gold label that is not in the label set makes of its row.
type UnknownGold string

const (
	// UnknownWrong counts the row as wrong, whatever the answer: the set lacks a label.
	UnknownWrong UnknownGold = "wrong"
	// UnknownOutOfScope counts it as a row that no label fits, beside those without a gold label.
	UnknownOutOfScope UnknownGold = "oos"
)

// Config says what is measured. The zero Config takes labels as they come.
type Config struct {
	// Labels are the classifier's. Empty: every name that comes up as a gold label or an answer, in alphabetical order.
	Labels []string
	Mode   classify.Mode // default Single
	// Threshold is the confidence from which on multi mode gives a label.
	Threshold float64
	// UnknownGold is UnknownWrong by default.
	UnknownGold UnknownGold
	// Precisions are the precisions for which thresholds are wanted, each from 0 to 1.
	Precisions []float64
	// Wrong is how many wrong rows are kept; 0: none. TextLength is how many characters of their texts; default 300.
	Wrong      int
	TextLength int
}

// Row is one answered text beside its gold labels. The Evaluator keeps no reference to it.
type Row struct {
	// Gold are the gold labels. In single mode several are alternatives, each of them right. Nil: the row has none; in
	// multi mode an empty list says that no label applies.
	Gold       []string
	Label      int32   // as Evaluator.Label has it; None without an answer
	Confidence float64 // of Label, 0 to 1; NaN where it is unknown
	Reason     classify.Reason
	// Scores are more labels with their confidences, highest first: in single mode the list of top-k, in multi mode
	// every label whose confidence is known, whether or not it reaches the threshold; one of unknown confidence (NaN)
	// was given.
	Scores []classify.Score
	Place  Place
	Text   string
}

// Outcome is what a row adds to an evaluation.
type Outcome uint8

const (
	// Uncounted rows have no gold label, or one that is out of scope.
	Uncounted Outcome = iota
	// Missed rows have no answer, or a wrong one (multi: other labels than the gold ones).
	Missed
	// Met rows are right.
	Met
)

// Evaluator counts answered rows. It is not safe for concurrent use.
type Evaluator struct {
	cfg      Config
	labels   *labelIndex
	matrix   Matrix       // single: every row; multi: missed gold label × label given in its place
	byLabel  []*histogram // single: rows that got the label; multi: every pair with a known confidence
	best     histogram    // rows by the confidence of their best label
	foreign  histogram    // rows out of scope by the same
	ranks    []int64      // rows whose gold label stands at a rank of the list
	reasons  map[string]int64
	unknown  map[string]int64
	rows     int64 // counted
	outside  int64
	null     int64
	scope    int64 // rows out of scope
	answered int64 // those of them that got a label
	multi    multiCount
	worst    worst
}

// New makes an Evaluator.
func New(cfg Config) *Evaluator {
	if cfg.Mode == "" {
		cfg.Mode = classify.Single
	}
	if cfg.UnknownGold == "" {
		cfg.UnknownGold = UnknownWrong
	}
	if cfg.TextLength == 0 {
		cfg.TextLength = wrongText
	}
	return &Evaluator{
		cfg: cfg, labels: newLabelIndex(cfg.Labels), reasons: make(map[string]int64), unknown: make(map[string]int64),
		worst: worst{limit: cfg.Wrong},
	}
}

// Label is the index of an answer's name; None where it is not one of Config.Labels. Without these it fails beyond
// MaxLabels names.
func (e *Evaluator) Label(name string) (int32, error) { return e.labels.find(name) }

// Add counts a row.
func (e *Evaluator) Add(r *Row) (Outcome, error) {
	if e.cfg.Mode == classify.Multi {
		return e.addMulti(r)
	}
	if len(r.Gold) == 0 {
		e.outOfScope(r.Confidence, r.Label, r.Label != None)
		return Uncounted, nil
	}
	gold, at := None, 0
	for i, name := range r.Gold {
		g, err := e.labels.find(name)
		if err != nil {
			return Uncounted, err
		}
		if i == 0 || g != None && g == r.Label {
			gold, at = g, i
		}
	}
	if gold == None {
		e.countUnknown(r.Gold[at])
		if e.cfg.UnknownGold == UnknownOutOfScope {
			e.outOfScope(r.Confidence, r.Label, r.Label != None)
			return Uncounted, nil
		}
		e.outside++
	}
	e.rows++
	e.matrix.Add(gold, r.Label, 1)
	right := gold != None && gold == r.Label
	e.answer(r, right)
	if err := e.rank(r); err != nil {
		return Uncounted, err
	}
	if right {
		return Met, nil
	}
	e.wrong(r, r.Label, r.Confidence)
	return Missed, nil
}

// answer counts the row's answer and its confidence.
func (e *Evaluator) answer(r *Row, right bool) {
	if r.Label == None {
		e.noLabel(r)
		return
	}
	if math.IsNaN(r.Confidence) {
		return
	}
	u := unitOf(r.Confidence)
	e.best.add(u, right)
	e.of(r.Label).add(u, right)
}

func (e *Evaluator) noLabel(r *Row) {
	e.null++
	if r.Reason != classify.Labelled {
		e.reasons[r.Reason.String()]++
	}
}

// rank counts where in the row's list the first right label stands.
func (e *Evaluator) rank(r *Row) error {
	for i, s := range r.Scores {
		if i == len(e.ranks) {
			e.ranks = append(e.ranks, 0)
		}
		for _, name := range r.Gold {
			g, err := e.labels.find(name)
			if err != nil {
				return err
			}
			if g == s.Label {
				e.ranks[i]++
				return nil
			}
		}
	}
	return nil
}

// of is the histogram of a label.
func (e *Evaluator) of(label int32) *histogram {
	for int(label) >= len(e.byLabel) {
		e.byLabel = append(e.byLabel, nil)
	}
	if e.byLabel[label] == nil {
		e.byLabel[label] = new(histogram)
	}
	return e.byLabel[label]
}

// outOfScope counts a row that no label fits: by the confidence of its best label, and by whether it got one.
func (e *Evaluator) outOfScope(confidence float64, best int32, answered bool) {
	e.scope++
	if answered {
		e.answered++
	}
	if best != None && !math.IsNaN(confidence) {
		e.foreign.add(unitOf(confidence), false)
	}
}

func (e *Evaluator) countUnknown(name string) {
	name = cut(name, classify.MaxLabelName)
	_, known := e.unknown[name]
	switch {
	case known:
		e.unknown[name]++
	case len(e.unknown) < maxUnknown:
		e.unknown[name] = 1
	}
}

func (e *Evaluator) wrong(r *Row, label int32, confidence float64) {
	if label == None || !e.worst.takes(confidence, r.Place) {
		return
	}
	gold := make([]string, len(r.Gold))
	for i, g := range r.Gold {
		gold[i] = cut(g, e.cfg.TextLength)
	}
	e.worst.add(Wrong{Place: r.Place, Gold: gold, Label: e.labels.names[label], Confidence: Score(confidence), Text: cut(r.Text, e.cfg.TextLength)})
}

// Report is what was measured so far.
func (e *Evaluator) Report() *Report {
	r := &Report{Mode: e.cfg.Mode, NullReasons: maps.Clone(e.reasons), Wrong: e.worst.sorted()}
	order := e.labels.order()
	if e.cfg.Mode == classify.Multi {
		e.multiQuality(r, order)
	} else {
		e.singleQuality(r, order)
	}
	r.Curve, r.AURC = e.best.curve(e.rows), e.best.aurc(e.rows)
	for _, wanted := range e.cfg.Precisions {
		r.Thresholds = append(r.Thresholds, e.overall(wanted, r))
		for i, l := range order {
			r.Labels[i].Thresholds = append(r.Labels[i].Thresholds, e.ofLabel(wanted, l, r.Labels[i].Gold))
		}
	}
	if e.scope > 0 {
		r.OutOfScope = &OutOfScope{Rows: e.scope, Answered: e.answered, AUROC: Score(math.NaN())}
		if e.best.all.rows+e.foreign.all.rows > 0 {
			r.OutOfScope.AUROC = auroc(&e.best, &e.foreign, e.rows-e.best.all.rows, e.scope-e.foreign.all.rows)
		}
	}
	for name, rows := range e.unknown {
		r.UnknownGold = append(r.UnknownGold, Unknown{name, rows})
	}
	slices.SortFunc(r.UnknownGold, func(a, b Unknown) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), strings.Compare(a.Label, b.Label))
	})
	return r
}

func (e *Evaluator) singleQuality(r *Report, order []int32) {
	names, place := e.ordered(order)
	var m Matrix
	for _, c := range e.matrix.Cells() {
		m.Add(place(c.Gold), place(c.Predicted), c.Rows)
	}
	r.Quality = *NewQuality(names, &m, e.best.bins())
	sum := int64(0)
	for i, n := range e.ranks {
		sum += n
		r.TopK = append(r.TopK, TopK{i + 1, ratio(sum, e.rows)})
	}
}

// ordered are the labels' names in the order of a report, and where a label stands in it.
func (e *Evaluator) ordered(order []int32) (names []string, place func(int32) int32) {
	names, at := make([]string, len(order)), make([]int32, len(order))
	for i, l := range order {
		names[i], at[l] = e.labels.names[l], int32(i)
	}
	return names, func(l int32) int32 {
		if l == None {
			return None
		}
		return at[l]
	}
}

// overall is the threshold over all labels.
func (e *Evaluator) overall(wanted float64, r *Report) Threshold {
	if e.cfg.Mode != classify.Multi {
		return e.best.threshold(wanted, e.rows, e.rows)
	}
	pairs := e.pairs()
	gold := int64(0)
	for _, l := range r.Labels {
		gold += l.Gold
	}
	return pairs.threshold(wanted, pairs.all.rows, gold)
}

func (e *Evaluator) ofLabel(wanted float64, label int32, gold int64) Threshold {
	h := e.of(label)
	return h.threshold(wanted, h.all.rows, gold)
}
