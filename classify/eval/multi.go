package eval

import (
	"maps"
	"math"
	"slices"

	"github.com/winnow-stream/winnow/classify"
)

// multiCount is what several labels a row add to count.
type multiCount struct {
	gold, given, right []int64 // by label
	exact, best        int64   // rows
	// overlaps counts rows by how many labels are right, and how many gold labels and answers they have together: what
	// their F1 is made of.
	overlaps map[[2]int]int64

	golds, answers []int32 // of the row at hand
}

// addMulti counts a row with several labels.
func (e *Evaluator) addMulti(r *Row) (Outcome, error) {
	m := &e.multi
	m.golds, m.answers = m.golds[:0], m.answers[:0]
	unknown := 0
	for _, name := range r.Gold {
		g, err := e.labels.find(name)
		if err != nil {
			return Uncounted, err
		}
		switch {
		case g == None:
			e.countUnknown(name)
			unknown++
		case !slices.Contains(m.golds, g):
			m.golds = append(m.golds, g)
		}
	}
	if r.Gold == nil || e.cfg.UnknownGold == UnknownOutOfScope && unknown > 0 && len(m.golds) == 0 {
		e.strange(r)
		return Uncounted, nil
	}
	if e.cfg.UnknownGold == UnknownOutOfScope {
		unknown = 0
	}
	if unknown > 0 {
		e.outside++
	}
	e.rows++
	e.give(r)
	return e.judge(r, unknown), nil
}

// strange counts a row out of scope.
func (e *Evaluator) strange(r *Row) {
	if len(r.Scores) == 0 {
		e.outOfScope(0, None, false)
		return
	}
	top := float64(r.Scores[0].Confidence)
	e.outOfScope(top, r.Scores[0].Label, math.IsNaN(top) || unitOf(top) >= unitOf(e.cfg.Threshold))
}

// give finds the row's answers, and counts the confidence of every pair.
func (e *Evaluator) give(r *Row) {
	m := &e.multi
	for i, s := range r.Scores {
		if math.IsNaN(float64(s.Confidence)) { // given, with an unknown confidence
			m.answers = append(m.answers, s.Label)
			continue
		}
		u := unitOf(float64(s.Confidence))
		right := slices.Contains(m.golds, s.Label)
		e.of(s.Label).add(u, right)
		if u >= unitOf(e.cfg.Threshold) {
			m.answers = append(m.answers, s.Label)
		}
		if i == 0 {
			e.best.add(u, right)
		}
	}
	if len(m.answers) == 0 {
		e.noLabel(r)
	}
}

// judge compares the row's answers with its gold labels.
func (e *Evaluator) judge(r *Row, unknown int) Outcome {
	m := &e.multi
	right := 0
	for _, a := range m.answers {
		grow(&m.given, a)
		if slices.Contains(m.golds, a) {
			right++
			grow(&m.right, a)
		}
	}
	for _, g := range m.golds {
		grow(&m.gold, g)
	}
	if m.overlaps == nil {
		m.overlaps = make(map[[2]int]int64)
	}
	m.overlaps[[2]int{right, len(m.golds) + unknown + len(m.answers)}]++
	e.confuse()
	if len(m.answers) > 0 && slices.Contains(m.golds, m.answers[0]) || len(m.answers) == 0 && len(m.golds)+unknown == 0 {
		m.best++
	}
	if unknown == 0 && right == len(m.golds) && right == len(m.answers) {
		m.exact++
		return Met
	}
	for _, s := range r.Scores { // the most confident answer that is not a gold label
		if slices.Contains(m.answers, s.Label) && !slices.Contains(m.golds, s.Label) {
			e.wrong(r, s.Label, float64(s.Confidence))
			break
		}
	}
	return Missed
}

// confuse counts each missed gold label with each answer that came in its place.
func (e *Evaluator) confuse() {
	m := &e.multi
	missed, extra := without(m.golds, m.answers), without(m.answers, m.golds)
	for _, g := range missed {
		for _, a := range extra {
			e.matrix.Add(g, a, 1)
		}
		if len(extra) == 0 {
			e.matrix.Add(g, None, 1)
		}
	}
	for _, a := range extra {
		if len(missed) == 0 {
			e.matrix.Add(None, a, 1)
		}
	}
}

func without(all, others []int32) (rest []int32) {
	for _, l := range all {
		if !slices.Contains(others, l) {
			rest = append(rest, l)
		}
	}
	return rest
}

func grow(counts *[]int64, label int32) {
	for int(label) >= len(*counts) {
		*counts = append(*counts, 0)
	}
	(*counts)[label]++
}

func at(counts []int64, label int32) int64 {
	if int(label) >= len(counts) {
		return 0
	}
	return counts[label]
}

// pairs is every pair of text and label by confidence.
func (e *Evaluator) pairs() *histogram {
	all := new(histogram)
	for _, h := range e.byLabel {
		if h != nil {
			all.merge(h)
		}
	}
	return all
}

func (h *histogram) merge(o *histogram) {
	for i, from := range o.chunks {
		if from == nil {
			continue
		}
		if h.chunks[i] == nil {
			h.chunks[i] = new([chunkBins]tally)
		}
		for j, t := range from {
			h.chunks[i][j].rows += t.rows
			h.chunks[i][j].right += t.right
		}
	}
	h.all.rows += o.all.rows
	h.all.right += o.all.right
}

func (e *Evaluator) multiQuality(r *Report, order []int32) {
	m, pairs := &e.multi, e.pairs()
	names, place := e.ordered(order)
	q := &r.Quality
	q.Rows, q.Correct, q.Outside, q.Null = e.rows, m.best, e.outside, e.null
	q.Accuracy, q.AccuracyInterval = ratio(m.best, e.rows), Wilson(m.best, e.rows)
	q.Labels = make([]Label, len(order))
	for i, l := range order {
		gold := at(m.gold, l)
		q.Labels[i] = Label{Name: names[i], Gold: gold, Predicted: at(m.given, l), Correct: at(m.right, l), Best: e.of(l).best(gold)}
	}
	q.average()
	q.Calibration, q.ECE = Reliability(pairs.bins())
	var cells Matrix
	for _, c := range e.matrix.Cells() {
		cells.Add(place(c.Gold), place(c.Predicted), c.Rows)
	}
	q.Confusions = confusions(names, cells.Cells())
	r.Multi = &Multi{
		Threshold: Score(classify.RoundConfidence(e.cfg.Threshold)), ExactMatch: ratio(m.exact, e.rows), ExactMatchInterval: Wilson(m.exact, e.rows),
		SamplesF1: m.samplesF1(e.rows), Pairs: pairs.all.rows,
	}
}

func (m *multiCount) samplesF1(rows int64) Score {
	keys := slices.SortedFunc(maps.Keys(m.overlaps), func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	sum := 0.0
	for _, k := range keys {
		f1 := 1.0 // no label, and none given
		if k[1] > 0 {
			f1 = 2 * float64(k[0]) / float64(k[1])
		}
		sum += f1 * float64(m.overlaps[k])
	}
	return Ratio(sum, float64(rows))
}
