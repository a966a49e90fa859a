package tagger

import (
	"math"
	"slices"

	"github.com/winnow-stream/winnow/classify/platt"
)

// tuning is what was chosen on examples held out.
type tuning struct {
	// Threshold is the probability that spans need at least.
	Threshold float64 `json:"threshold"`
	// Slope and Offset make a confidence of the logit of a span's probability: the chance that it is right.
	Slope  float64 `json:"slope"`
	Offset float64 `json:"offset"`
}

// untuned takes probabilities as they are.
var untuned = tuning{Threshold: 0.3, Slope: 1}

// Thresholds that are tried.
const (
	leastThreshold = 0.05
	mostThreshold  = 0.6
	thresholdStep  = 0.025
)

// candidate is a piece of a text's tokens with its bounds in the text.
type candidate struct {
	piece
	span Span
}

// tune chooses the threshold with the best micro-F1, then the scale of confidences.
func tune(all []held, types int) tuning {
	t := untuned
	best := -1.0
	for h := leastThreshold; h < mostThreshold; h += thresholdStep {
		if f := judge(all, types, h).Micro.F1; f > best {
			best, t.Threshold = f, h
		}
	}
	var logits []float64
	var right []bool
	for _, x := range all {
		for _, c := range chosen(x, t.Threshold) {
			logits = append(logits, logit(c.p))
			right = append(right, slices.ContainsFunc(x.sample.spans, func(g Span) bool {
				return g.Start == c.span.Start && g.End == c.span.End && g.Type == c.span.Type
			}))
		}
	}
	t.Slope, t.Offset = platt.Fit(logits, right)
	return t
}

// judge compares what a threshold chooses with the gold spans.
func judge(all []held, types int, threshold float64) Scores {
	e := NewEvaluation(types)
	for _, x := range all {
		var found []Span
		for _, c := range chosen(x, threshold) {
			found = append(found, c.span)
		}
		e.Add(x.sample.spans, found)
	}
	return e.Scores()
}

// chosen are the candidates that a threshold chooses.
func chosen(x held, threshold float64) []candidate {
	var pieces []piece
	for _, c := range x.found {
		if c.p > threshold {
			pieces = append(pieces, c.piece)
		}
	}
	var out []candidate
	at := 0
	for _, p := range new(chooser).choose(pieces, x.tokens, threshold) {
		for x.found[at].piece != p {
			at++
		}
		out = append(out, x.found[at])
	}
	return out
}

// confidence is the calibrated probability, rounded to 4 decimals.
func (t *tuning) confidence(p float64) float32 {
	c := 1 / (1 + math.Exp(-float64(t.Slope*logit(p))-t.Offset))
	return float32(math.Round(c*1e4) / 1e4)
}

func logit(p float64) float64 {
	const edge = 1e-6
	p = min(max(p, edge), 1-edge)
	return math.Log(p / (1 - p))
}
