package fit

import (
	"cmp"
	"math"
	"slices"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/eval"
	"github.com/winnow-stream/winnow/classify/linear/fasttext"
	"github.com/winnow-stream/winnow/classify/platt"
)

// calibrate finds what makes confidences of scores: a temperature over all labels in single mode, a curve for every pair of
// text and label in multi mode.
func (f *fitter) calibrate(h *held) fasttext.Calibration {
	if f.cfg.Mode == classify.Single {
		return fasttext.Calibration{Slope: f.slope(h)}
	}
	var scores []float64
	var right []bool
	stride := 1 + len(h.scores)/sampled
	for i := 0; i < len(h.rows); i += stride {
		if !h.known[i] {
			continue
		}
		for l, x := range h.row(i) {
			if x != absent {
				scores, right = append(scores, float64(x)), append(right, f.has(h.rows[i], l))
			}
		}
	}
	var c fasttext.Calibration
	c.Slope, c.Offset = platt.Fit(scores, right)
	return c
}

// sampled bounds the scores that a calibration is found on.
const sampled = 4 << 20

// has reports whether an example has a label.
func (f *fitter) has(row, label int) bool {
	return slices.Contains(f.examples[row].Labels, f.names[label])
}

// Slopes that are considered. A model that has seen few examples a few times has scores that hardly differ.
const (
	leastSlope = 0.01
	mostSlope  = 1e4
)

// slope is one over the temperature at which gold labels are likeliest (Guo, Pleiss, Sun and Weinberger, "On calibration
// of modern neural networks", ICML 2017), by golden section over its logarithm.
func (f *fitter) slope(h *held) float64 {
	const ratio = 0.6180339887498949
	low, high := math.Log(leastSlope), math.Log(mostSlope)
	at := func(x float64) float64 { return f.loss(h, math.Exp(x)) }
	a, b := high-ratio*(high-low), low+ratio*(high-low)
	fa, fb := at(a), at(b)
	for range 28 {
		if fa < fb {
			high, b, fb = b, a, fa
			a = high - ratio*(high-low)
			fa = at(a)
		} else {
			low, a, fa = a, b, fb
			b = low + ratio*(high-low)
			fb = at(b)
		}
	}
	return math.Exp((low + high) / 2)
}

// loss is the sum of the negative logarithms of the gold labels' shares.
func (f *fitter) loss(h *held, slope float64) (loss float64) {
	for i := 0; i < len(h.rows); i += 1 + len(h.scores)/sampled {
		row := h.row(i)
		gold := row[f.ids[f.examples[h.rows[i]].Labels[0]]]
		if !h.known[i] || gold == absent {
			continue
		}
		top, sum := float64(slices.Max(row)), 0.0
		for _, x := range row {
			sum += math.Exp(slope * (float64(x) - top))
		}
		loss += math.Log(sum) - slope*(float64(gold)-top)
	}
	return loss
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
