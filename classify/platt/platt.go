// Package platt makes probabilities of scores: the curve 1 / (1 + e^−(slope·score + offset)) along which they are right as
// often as it says (Platt, "Probabilistic outputs for support vector machines", 1999).
package platt

import "math"

// Fit finds the curve by Newton's method with Platt's targets against overfitting (Lin, Lin and Weng, "A note on Platt's
// probabilistic outputs", 2007). A weak ridge draws it to the slope 1 and the offset 0, which it is where scores tell
// nothing or are no numbers. right has the length of scores.
func Fit(scores []float64, right []bool) (slope, offset float64) {
	p := &problem{scores: scores, targets: targets(right)}
	slope = 1
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
	if !(slope > 0) || math.IsInf(slope, 0) || math.IsNaN(offset) || math.IsInf(offset, 0) {
		return 1, 0
	}
	return slope, offset
}

// ridge counts like a variance the other way round.
const ridge = 1

// problem is what a curve is fitted to.
type problem struct{ scores, targets []float64 }

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

// loss is the negative log-likelihood of the targets, and the ridge.
func (p *problem) loss(slope, offset float64) float64 {
	sum := ridge / 2.0 * ((slope-1)*(slope-1) + offset*offset)
	for i, x := range p.scores {
		z := slope*x + offset
		sum += math.Max(z, 0) - p.targets[i]*z + math.Log1p(math.Exp(-math.Abs(z)))
	}
	return sum
}

// step is Newton's: the inverse of the Hessian times the gradient.
func (p *problem) step(slope, offset float64) (da, db float64) {
	ga, gb := ridge*(slope-1), ridge*offset
	haa, hab, hbb := float64(ridge), 0.0, float64(ridge)
	for i, x := range p.scores {
		y := 1 / (1 + math.Exp(-slope*x-offset))
		ga += (y - p.targets[i]) * x
		gb += y - p.targets[i]
		v := y * (1 - y)
		haa += v * x * x
		hab += v * x
		hbb += v
	}
	det := haa*hbb - hab*hab
	return (hbb*ga - hab*gb) / det, (haa*gb - hab*ga) / det
}
