// Package platt makes probabilities of scores: the curve 1 / (1 + e^−(slope·score + offset)) along which they are right as
// often as it says (Platt, "Probabilistic outputs for support vector machines", 1999).
package platt

import "math"

// Prior is what a curve is taken for before anything is seen, and how firmly. A weight counts like a variance the other way
// round; an infinite SlopeWeight holds the slope where it is.
type Prior struct {
	Slope, Offset             float64
	SlopeWeight, OffsetWeight float64
}

// Fit finds the curve by Newton's method with Platt's targets against overfitting (Lin, Lin and Weng, "A note on Platt's
// probabilistic outputs", 2007). A weak prior draws it to the slope 1 and the offset 0, which it is where scores tell
// nothing or are no numbers. right has the length of scores.
func Fit(scores []float64, right []bool) (slope, offset float64) {
	p := &problem{scores: scores, targets: targets(right), prior: Prior{Slope: 1, SlopeWeight: 1, OffsetWeight: 1}}
	if slope, offset = p.fit(); !(slope > 0) {
		return 1, 0
	}
	return slope, offset
}

// Update finds the curve that is likeliest after a prior: the curve itself is what holds it against overfitting, so that the
// targets are 0 and 1. Where scores tell nothing or are no numbers, it is the prior. right has the length of scores.
func Update(prior Prior, scores []float64, right []bool) (slope, offset float64) {
	targets := make([]float64, len(right))
	for i, r := range right {
		if r {
			targets[i] = 1
		}
	}
	p := &problem{scores: scores, targets: targets, prior: prior}
	return p.fit()
}

// problem is what a curve is fitted to.
type problem struct {
	scores, targets []float64
	prior           Prior
}

// targets are what probabilities should be: a little less than 1 for what is right, a little more than 0 for the rest.
func targets(right []bool) []float64 {
	yes := 0.0
	for _, r := range right {
		if r {
			yes++
		}
	}
	no := float64(len(right)) - yes
	out := make([]float64, len(right))
	for i, r := range right {
		if out[i] = 1 / (no + 2); r {
			out[i] = (yes + 1) / (yes + 2)
		}
	}
	return out
}

// fit goes from the prior to the best curve; it comes back to the prior where it finds none.
func (p *problem) fit() (slope, offset float64) {
	slope, offset = p.prior.Slope, p.prior.Offset
	at := p.loss(slope, offset)
	for range 100 {
		da, db := p.step(slope, offset)
		part, next := 1.0, 0.0
		for ; part > 1e-8; part /= 2 { // a whole step can lead away, where the curve is flat
			if next = p.loss(slope-part*da, offset-part*db); next <= at {
				break
			}
		}
		if !(part > 1e-8) {
			break
		}
		slope, offset, at = slope-part*da, offset-part*db, next
		if math.Abs(da)+math.Abs(db) < 1e-10 {
			break
		}
	}
	if math.IsInf(slope, 0) || math.IsNaN(slope) || math.IsNaN(offset) || math.IsInf(offset, 0) {
		return p.prior.Slope, p.prior.Offset
	}
	return slope, offset
}

// loss is the negative log-likelihood of the targets and of the prior.
func (p *problem) loss(slope, offset float64) float64 {
	sum := pull(p.prior.SlopeWeight, slope-p.prior.Slope) + pull(p.prior.OffsetWeight, offset-p.prior.Offset)
	for i, x := range p.scores {
		z := slope*x + offset
		sum += math.Max(z, 0) - p.targets[i]*z + math.Log1p(math.Exp(-math.Abs(z)))
	}
	return sum
}

// pull is what a prior has against a difference.
func pull(weight, difference float64) float64 {
	if difference == 0 {
		return 0 // whatever the weight
	}
	return weight / 2 * difference * difference
}

// step is Newton's: the inverse of the Hessian times the gradient.
func (p *problem) step(slope, offset float64) (da, db float64) {
	ga, gb := p.prior.SlopeWeight*(slope-p.prior.Slope), p.prior.OffsetWeight*(offset-p.prior.Offset)
	haa, hab, hbb := p.prior.SlopeWeight, 0.0, p.prior.OffsetWeight
	for i, x := range p.scores {
		y := 1 / (1 + math.Exp(-slope*x-offset))
		ga += (y - p.targets[i]) * x
		gb += y - p.targets[i]
		v := y * (1 - y)
		haa += v * x * x
		hab += v * x
		hbb += v
	}
	if math.IsInf(haa, 1) {
		return 0, gb / hbb
	}
	det := haa*hbb - hab*hab
	return (hbb*ga - hab*gb) / det, (haa*gb - hab*ga) / det
}
