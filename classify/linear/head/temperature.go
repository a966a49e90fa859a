package head

import "math"

// Single mode's confidences are the softmax of margins divided by a temperature (Guo, Pleiss, Sun and Weinberger, "On
// calibration of modern neural networks", ICML 2017), which depends on the text (Tomani, Cremers and Buettner,
// "Parameterized temperature scaling", ECCV 2022): the nearer a text is to its best label, the colder. A softmax alone sees
// how far the best label is ahead of the others, which it often is where a text fits none of them.

// Temperatures that there can be.
const (
	coldest = 0.01
	hottest = 100
)

// inverse is one divided by the temperature of a text whose best margin is top.
func (c *calibration) inverse(top float32) float64 {
	return limited(1/c.Temperature + float64(c.Gain*(float64(top)-c.Center)))
}

func limited(inverse float64) float64 { return min(max(inverse, 1.0/hottest), 1/coldest) }

// foreign is how much texts of no label count beside as many others when temperatures are found. The more, the better the
// confidence tells such texts apart, and the lower it is for all. With 16 examples a label of clinc150, 0.03, 0.05, 0.08 and
// 0.1 give its out-of-scope texts an AUROC of 0.927, 0.932, 0.935 and 0.937, with calibration errors of 0.014, 0.023, 0.034
// and 0.042; one temperature for all texts gives 0.913 and 0.029.
const foreign = 0.08

// temperatures finds how the temperature depends on the best margin. With few rows, or two labels, whose margins say the
// same, all texts have one.
func temperatures(s *scores, gold func(row int32) int) calibration {
	if len(s.rows) < leastChosen || s.labels < 3 {
		c, _ := temperature(s, gold)
		return c
	}
	center := 0.0
	for i := range s.rows {
		center += float64(s.row(i)[best(s.row(i))]) / float64(len(s.rows))
	}
	f := &fit{scores: s, gold: gold, center: center, foreign: foreign}
	return f.solve()
}

// temperature finds one for all texts, and the mean negative logarithm of the gold labels' likelihood.
func temperature(s *scores, gold func(row int32) int) (c calibration, loss float64) {
	f := &fit{scores: s, gold: gold, fixed: true}
	c = f.solve()
	return c, f.at.loss / max(f.at.rows, 1)
}

// fit finds the calibration that makes the targets of scores likeliest, by Newton's method: the negative logarithm of the
// likelihood is convex in inverse temperatures, and so in what these are linear in.
//
// Of n rows, each gives (n+1)/(n+2) to its gold label, as the targets of Platt, "Probabilistic outputs for support vector
// machines", 1999, do, and the rest to all labels alike: a few rows that happen to be right don't make confidences of 1.
// Each row without its gold label stands for a text of no label, which should get all labels alike.
type fit struct {
	scores  *scores
	gold    func(row int32) int
	center  float64
	fixed   bool    // one temperature for all texts
	foreign float64 // what a text of no label counts
	at      point   // of the last step
}

// point is the loss and its derivatives at an inverse temperature of base + gain·(best margin − center).
type point struct {
	base, gain float64
	loss, rows float64
	first      [2]float64 // by base and by gain
	second     [3]float64 // by base twice, by both, by gain twice
}

// sampled bounds the scores that temperatures and curves are found on.
const sampled = 4 << 20

func (f *fit) solve() calibration {
	f.at = f.measure(1, 0)
	for range 30 {
		base, gain := f.at.newton(f.fixed)
		step, before := 1.0, f.at.loss
		for ; step > 1e-6; step /= 2 {
			if next := f.measure(f.at.base+step*base, f.at.gain+step*gain); next.loss < f.at.loss {
				f.at = next
				break
			}
		}
		if before-f.at.loss <= 1e-7*before {
			break
		}
	}
	return calibration{Temperature: 1 / limited(f.at.base), Gain: f.at.gain, Center: f.center}
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
	s, rest := f.scores, 1/float64(len(f.scores.rows)+2)
	for i := 0; i < len(s.rows); i += 1 + len(s.values)/sampled {
		m, gold := s.row(i), f.gold(s.rows[i])
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

// add takes in a row's margins, all but one of them, whose mean under the targets is wanted.
func (p *point) add(margins []float32, without int, wanted, center, weight float64) {
	top := math.Inf(-1)
	for l, v := range margins {
		if l != without {
			top = max(top, float64(v))
		}
	}
	x := top - center
	inverse := limited(p.base + p.gain*x)
	var sum, mean, square float64
	for l, v := range margins {
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
