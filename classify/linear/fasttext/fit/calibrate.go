package fit

import (
	"cmp"
	"math"
	"slices"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/eval"
	"github.com/winnow-stream/winnow/classify/linear/fasttext"
	"github.com/winnow-stream/winnow/classify/platt"
	"github.com/winnow-stream/winnow/classify/temperature"
)

// calibrate finds what makes confidences of scores: a temperature over all labels in single mode, a curve for every pair of
// text and label in multi mode.
func (f *fitter) calibrate(h *held) fasttext.Calibration {
	unit := h.spread()
	if f.cfg.Mode == classify.Single {
		s, _ := temperature.Fit(f.gold(h, 1/unit))
		return fasttext.Calibration{Slope: 1 / (s.Temperature * unit)}
	}
	var scores []float64
	var right []bool
	stride := temperature.Stride(len(h.scores))
	for i := 0; i < len(h.rows); i += stride {
		if !h.known[i] {
			continue
		}
		for l, x := range h.row(i) {
			if x != absent {
				scores, right = append(scores, float64(x)/unit), append(right, f.has(h.rows[i], l))
			}
		}
	}
	var c fasttext.Calibration
	c.Slope, c.Offset = platt.Fit(scores, right)
	c.Slope /= unit
	return c
}

// spread is how far scores are from the mean of their text, by the root mean square. It is the unit that they are calibrated in:
// a model that has seen little differs by thousandths, which is too little for the temperatures that there can be.
func (h *held) spread() float64 {
	square, n := 0.0, 0.0
	for i := range h.rows {
		var sum, own, count float64
		for _, x := range h.row(i) {
			if h.known[i] && x != absent {
				sum, own, count = sum+float64(x), own+float64(x)*float64(x), count+1
			}
		}
		if count > 0 {
			square, n = square+own-sum*sum/count, n+count
		}
	}
	if !(square > 0) {
		return 1
	}
	return math.Sqrt(square / n)
}

// has reports whether an example has a label.
func (f *fitter) has(row, label int) bool {
	return slices.Contains(f.examples[row].Labels, f.names[label])
}

// gold are the scores of what is known, times a factor, with the gold label of each row.
func (f *fitter) gold(h *held, factor float64) temperature.Rows {
	scores := make([]float32, 0, h.labels)
	return temperature.Rows{Len: len(h.rows), Labels: h.labels, Row: func(i int) ([]float32, int) {
		gold, label := -1, f.ids[f.examples[h.rows[i]].Labels[0]]
		scores = scores[:0]
		for l, x := range h.row(i) {
			if !h.known[i] || x == absent {
				continue
			}
			if int32(l) == label {
				gold = len(scores)
			}
			scores = append(scores, float32(factor*float64(x)))
		}
		return scores, gold
	}}
}

// judge compares the calibrated answers with the gold labels. In multi mode it chooses the threshold before.
func (f *fitter) judge(h *held, c fasttext.Calibration) (*eval.Report, float64, error) {
	threshold := 0.0
	if f.cfg.Mode == classify.Multi {
		threshold = f.threshold(h, c)
	}
	e := eval.New(eval.Config{Labels: f.names, Mode: f.cfg.Mode, Threshold: threshold})
	for i, row := range h.rows {
		gold := f.examples[row].Labels
		if gold == nil {
			gold = []string{} // none of the labels applies
		}
		r := &eval.Row{Gold: gold, Label: eval.None}
		switch {
		case !h.known[i]:
			r.Reason = classify.NoKnownWords
		case f.cfg.Mode == classify.Single:
			r.Label, r.Confidence = best(h.row(i), c.Slope)
		default:
			r.Scores = pairs(h.row(i), c)
			r.Label, r.Confidence = r.Scores[0].Label, float64(r.Scores[0].Confidence)
		}
		if _, err := e.Add(r); err != nil {
			return nil, 0, err
		}
	}
	return e.Report(), threshold, nil
}

// best is the best label with its share.
func best(scores []float32, slope float64) (label int32, share float64) {
	for l, x := range scores {
		if x > scores[label] {
			label = int32(l)
		}
	}
	sum := 0.0
	for _, x := range scores {
		sum += math.Exp(slope * float64(x-scores[label]))
	}
	return label, 1 / sum
}

// pairs are all labels with their probabilities, highest first.
func pairs(scores []float32, c fasttext.Calibration) []classify.Score {
	out := make([]classify.Score, len(scores))
	for l, x := range scores {
		out[l] = classify.Score{Label: int32(l), Confidence: classify.RoundConfidence(probability(x, c))}
	}
	slices.SortStableFunc(out, func(a, b classify.Score) int { return cmp.Compare(b.Confidence, a.Confidence) })
	return out
}

func probability(score float32, c fasttext.Calibration) float64 {
	return 1 / (1 + math.Exp(-(c.Slope*float64(score) + c.Offset)))
}

// threshold is the probability, in hundredths, from which on giving labels has the best F1 over all pairs.
func (f *fitter) threshold(h *held, c fasttext.Calibration) float64 {
	const grid = 100
	var given, right [grid + 2]float64
	gold := 0.0
	for i, row := range h.rows {
		for l, x := range h.row(i) {
			has := f.has(row, l)
			if has {
				gold++
			}
			if !h.known[i] {
				continue
			}
			at := int(grid * probability(x, c))
			given[at]++
			if has {
				right[at]++
			}
		}
	}
	best, top := 0, -1.0
	for at := grid; at > 0; at-- {
		given[at], right[at] = given[at]+given[at+1], right[at]+right[at+1]
		if f1 := 2 * right[at] / max(given[at]+gold, 1); f1 >= top {
			best, top = at, f1
		}
	}
	return float64(best) / grid
}
