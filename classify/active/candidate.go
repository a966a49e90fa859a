package active

import (
	"math"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/eval"
)

// Candidate is a text that could be labelled, with what a classifier thinks of it.
type Candidate struct {
	Text  string
	Place eval.Place // where it came from
	// Margin is how sure the classifier is, from 0 to 1: MarginOf or MultiMargin of its confidences.
	Margin float64
	// Scores are labels with their confidences, for whoever shows the choice; they decide nothing.
	Scores []classify.Score
}

// MarginOf is the margin of confidences over all labels, highest first, that sum to 1: between the best and the second. Of
// one label alone, whose confidence is a probability of its own, it is the distance to the label's absence. It is 0 without
// any.
func MarginOf(scores []classify.Score) float64 {
	switch len(scores) {
	case 0:
		return 0
	case 1:
		return math.Abs(2*float64(scores[0].Confidence) - 1)
	}
	return float64(scores[0].Confidence - scores[1].Confidence)
}

// MultiMargin is the margin of independent confidences of all labels: that of the label whose confidence is nearest to the
// threshold from which on it is given, 1 being as far as can be. It is 0 without any.
func MultiMargin(scores []classify.Score, threshold float64) float64 {
	if len(scores) == 0 {
		return 0
	}
	least := 1.0
	for _, s := range scores {
		p := float64(s.Confidence)
		if p >= threshold {
			least = min(least, (p-threshold)/max(1-threshold, 1e-9))
		} else {
			least = min(least, (threshold-p)/threshold)
		}
	}
	return least
}
