package cascade

import (
	"cmp"
	"math"
	"slices"

	"github.com/winnow-stream/winnow/classify/platt"
)

// What is taken for granted of two stages before their outcomes are seen: it is what pairs of zero-shot classifiers over
// different vectors have in common (decision 0015), by the logarithm of the odds of the first stage's confidence.
var (
	// agreeing is how likely both give the same label.
	agreeing = platt.Prior{Slope: 1, SlopeWeight: 0.1, Offset: 0.5, OffsetWeight: 0.1}
	// firstApart and secondApart are how likely each is right where they don't: the first one the more the surer it is.
	firstApart  = platt.Prior{Slope: 0.4, SlopeWeight: math.Inf(1), Offset: -1.2, OffsetWeight: 1}
	secondApart = platt.Prior{Slope: 0, SlopeWeight: math.Inf(1), Offset: 0, OffsetWeight: 1}
)

const (
	// surest is from which odds on the first stage is no more likely right where the stages disagree: a confidence of 0.73.
	surest = 1
	// mostApart is the part of all texts at most of which the first stage's answer may stand against the second one's. It
	// holds where few outcomes let the first stage look as good as the second.
	mostApart = 0.16
)

// Expect is Choose for a few hundred outcomes. Above a high confidence so few of them differ that counting them says little:
// a loss of half a point is one text in two hundred. So the loss is what is expected by curves over the first stage's
// confidence that are fitted to all outcomes: how likely both stages give the same label, and how likely each is right where
// they don't. What the first stage is expected to gain is set against what it loses.
//
// It returns the point with the smallest share whose expected loss is at most the wanted one. Accuracy and Loss are expected
// ones. The outcomes must tell what is Same.
func (c *Curve) Expect(loss float64) Point {
	labelled := slices.DeleteFunc(slices.Clone(c.outcomes), func(o Outcome) bool { return o.Null })
	slices.SortStableFunc(labelled, func(a, b Outcome) int { return cmp.Compare(level(b), level(a)) })
	apart := slices.DeleteFunc(slices.Clone(labelled), func(o Outcome) bool { return o.Same })
	same := chance(agreeing, labelled, odds, func(o Outcome) bool { return o.Same })
	first := chance(firstApart, apart, bounded, func(o Outcome) bool { return o.First })
	second := chance(secondApart, apart, bounded, func(o Outcome) bool { return o.Second })

	n := float64(len(c.outcomes))
	chosen, lost, against := Point{Confidence: 1, Share: 1}, 0.0, 0.0
	for i := 0; i < len(labelled); {
		l := level(labelled[i])
		for ; i < len(labelled) && level(labelled[i]) == l; i++ {
			p := (1 - same(l)) / n
			against += p
			lost += p * (second(l) - first(l))
		}
		if lost <= loss+1e-12 && against <= mostApart {
			chosen = Point{Confidence: l, Share: (n - float64(i)) / n, Loss: lost}
		}
	}
	all := 0
	for _, o := range c.outcomes {
		all += count(o.Second)
	}
	chosen.Accuracy = float64(all)/n - chosen.Loss
	return chosen
}

// chance is how likely something is by the first stage's confidence, of which score is a scale.
func chance(prior platt.Prior, outcomes []Outcome, score func(confidence float64) float64, is func(Outcome) bool) func(confidence float64) float64 {
	scores, are := make([]float64, len(outcomes)), make([]bool, len(outcomes))
	for i, o := range outcomes {
		scores[i], are[i] = score(level(o)), is(o)
	}
	slope, offset := platt.Update(prior, scores, are)
	return func(confidence float64) float64 { return 1 / (1 + math.Exp(-(slope*score(confidence) + offset))) }
}

// odds are those of a confidence as a logarithm. Confidences have 4 decimals, so that 0 and 1 stand for what rounds to them.
func odds(confidence float64) float64 {
	p := min(max(confidence, 0.5e-4), 1-0.5e-4)
	return math.Log(p / (1 - p))
}

func bounded(confidence float64) float64 { return min(odds(confidence), surest) }
