package cascade

import (
	"cmp"
	"math"
	"slices"

	"github.com/winnow-stream/winnow/classify/platt"
)

// Expect is Choose for a few hundred outcomes. Above a high confidence so few of them differ that counting them says little:
// a loss of half a point is one text in two hundred. So the chances of each stage to be right are curves over the first
// stage's confidence, fitted to all outcomes, and the loss is that which the curves expect.
//
// It returns the point with the smallest share whose expected loss is at most the wanted one, at its confidence and at every
// higher one. Accuracy and Loss are expected ones; nothing is gained by a first stage that is expected to be better.
func (c *Curve) Expect(loss float64) Point {
	labelled := slices.DeleteFunc(slices.Clone(c.outcomes), func(o Outcome) bool { return o.Null })
	slices.SortStableFunc(labelled, func(a, b Outcome) int { return cmp.Compare(level(b), level(a)) })
	first, second := chances(labelled, func(o Outcome) bool { return o.First }), chances(labelled, func(o Outcome) bool { return o.Second })
	n := float64(len(c.outcomes))
	chosen, expected := Point{Confidence: 1, Share: 1}, 0.0
	for i := 0; i < len(labelled); {
		l := level(labelled[i])
		for ; i < len(labelled) && level(labelled[i]) == l; i++ {
			expected += max(second(l)-first(l), 0) / n
		}
		if expected > loss+1e-12 {
			break
		}
		chosen = Point{Confidence: l, Share: (n - float64(i)) / n, Loss: expected}
	}
	all := 0
	for _, o := range c.outcomes {
		all += count(o.Second)
	}
	chosen.Accuracy = float64(all)/n - chosen.Loss
	return chosen
}

// chances is how likely a stage is right by the first stage's confidence.
func chances(outcomes []Outcome, right func(Outcome) bool) func(confidence float64) float64 {
	scores, is := make([]float64, len(outcomes)), make([]bool, len(outcomes))
	for i, o := range outcomes {
		scores[i], is[i] = odds(level(o)), right(o)
	}
	slope, offset := platt.Fit(scores, is)
	return func(confidence float64) float64 { return 1 / (1 + math.Exp(-(slope*odds(confidence) + offset))) }
}

// odds are those of a confidence as a logarithm. Confidences have 4 decimals, so that 0 and 1 stand for what rounds to them.
func odds(confidence float64) float64 {
	p := min(max(confidence, 0.5e-4), 1-0.5e-4)
	return math.Log(p / (1 - p))
}
