package temperature

import (
	"math"
	"slices"
)

// Fit finds one temperature for all texts, and the mean negative logarithm of the gold labels' likelihood at it.
func Fit(r Rows) (s Softmax, loss float64) {
	f := &fit{Rows: r, fixed: true}
	s = f.solve()
	return s, f.at.loss / max(f.at.rows, 1)
}

// FitByText finds how the temperature depends on the best score. foreign is how much texts of no label count beside as many
// others. The more, the better the confidence tells such texts apart, and the lower it is for all.
func FitByText(r Rows, foreign float64) Softmax {
	f := &fit{Rows: r, foreign: foreign}
	known := 0.0
	for i := range r.Len {
		if _, gold := r.Row(i); gold >= 0 {
			known++
		}
	}
	for i := range r.Len {
		if scores, gold := r.Row(i); gold >= 0 {
			f.center += float64(slices.Max(scores)) / known
		}
	}
	return f.solve()
}

// fit finds the softmax that makes the targets of scores likeliest, by Newton's method: the negative logarithm of the
// likelihood is convex in inverse temperatures, and so in what these are linear in.
//
// Of n rows, each gives (n+1)/(n+2) to its gold label, as the targets of Platt, "Probabilistic outputs for support vector
// machines", 1999, do, and the rest to all labels alike: a few rows that happen to be right don't make confidences of 1.
// Each row without its gold label stands for a text of no label, which should get all labels alike.
type fit struct {
	Rows
	center  float64
	fixed   bool    // one temperature for all texts
	foreign float64 // what a text of no label counts
	at      point   // of the last step
}

// point is the loss and its derivatives at an inverse temperature of base + gain·(best score − center).
type point struct {
	base, gain float64
	loss, rows float64
	first      [2]float64 // by base and by gain
	second     [3]float64 // by base twice, by both, by gain twice
}

func (f *fit) solve() Softmax {
	f.at = f.measure(1, 0)
	for range 30 {
		base, gain := f.at.newton(f.fixed)
		step, before := 1.0, f.at.loss
		for ; step > 1e-6; step /= 2 {
			// A whole step can lead beyond what there can be, where nothing says how to come back.
			if next := f.measure(limited(f.at.base+step*base), f.at.gain+step*gain); next.loss < f.at.loss {
				f.at = next
				break
			}
		}
		if before-f.at.loss <= 1e-7*before {
			break
		}
	}
	// Rounded, since math.Exp differs in its last bit between machines.
	round := func(x float64) float64 { return math.Round(x*1e6) / 1e6 }
	return Softmax{Temperature: round(1 / f.at.base), Gain: round(f.at.gain), Center: round(f.center)}
}

// newton is the step to the least loss of a parabola.
func (p *point) newton(fixed bool) (base, gain float64) {
	const ridge = 1e-9
	a, b, c := p.second[0]+ridge, p.second[1], p.second[2]+ridge
	det := a*c - b*b
	if fixed || det <= 0 {
		return -p.first[0] / a, 0
	}
	return (b*p.first[1] - c*p.first[0]) / det, (b*p.first[0] - a*p.first[1]) / det
}

func (f *fit) measure(base, gain float64) point {
	out := point{base: base, gain: gain}
	rest := 1 / float64(f.Len+2)
	for i := 0; i < f.Len; i += Stride(f.Len * f.Labels) {
		m, gold := f.Row(i)
		if gold < 0 {
			continue
		}
		sum := 0.0
		for _, v := range m {
			sum += float64(v)
		}
		out.rows++
		out.add(m, -1, (1-rest)*float64(m[gold])+rest*sum/float64(len(m)), f.center, 1)
		if f.foreign > 0 {
			out.add(m, gold, (sum-float64(m[gold]))/float64(len(m)-1), f.center, f.foreign)
		}
	}
	return out
}

// add takes in a row's scores, all but one of them, whose mean under the targets is wanted.
func (p *point) add(scores []float32, without int, wanted, center, weight float64) {
	top := math.Inf(-1)
	for l, v := range scores {
		if l != without {
			top = max(top, float64(v))
		}
	}
	x := top - center
	inverse := limited(p.base + p.gain*x)
	var sum, mean, square float64
	for l, v := range scores {
		d := float64(v) - top
		if l == without || inverse*d < -30 {
			continue
		}
		e := math.Exp(inverse * d)
		sum, mean, square = sum+e, mean+e*d, square+e*d*d
	}
	mean /= sum
	off, variance := weight*(mean-(wanted-top)), weight*(square/sum-mean*mean)
	p.loss += weight * (math.Log(sum) - inverse*(wanted-top))
	p.first[0], p.first[1] = p.first[0]+off, p.first[1]+off*x
	p.second[0], p.second[1], p.second[2] = p.second[0]+variance, p.second[1]+variance*x, p.second[2]+variance*x*x
}
