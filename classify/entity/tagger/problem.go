package tagger

import (
	"math"
)

// problem is a training set as numbers. Tokens of one spelling are a kind: what a kind's attributes add up to is computed
// once for each offset (a slot), not for each token.
type problem struct {
	labels    int
	rows      int        // features; each has a weight for every label
	chains    [][2]int32 // positions from and to; reach positions before and behind belong to the bound
	kind      []int32    // by position
	gold      []int32    // label by position; -1 at bounds
	positions *lists     // by kind
	context   *lists     // by position: rows
	contextOf *lists     // by row: positions
	slot      *lists     // by slot, offset × kinds + kind: rows
	slotOf    *lists     // by row: slots
	kinds     int

	ridge float64 // L2 strength
	crew  crew

	slots  []float64 // slots × labels: sums of weights, then of gradients
	values []float64 // positions × labels: sums of weights, then marginal less gold
}

// The weights are rows × labels, then labels × labels.
func (p *problem) size() int        { return p.transitions() + p.labels*p.labels }
func (p *problem) transitions() int { return p.rows * p.labels }

// loss sets gradient at the weights w and returns the regularized negative log-likelihood.
func (p *problem) loss(w, gradient []float64) float64 {
	p.score(w)
	nll := p.chainsLoss(w, gradient)
	p.gather()
	p.slope(gradient)
	return nll + p.penalty(w, gradient)
}

// score fills values with each position's sums of weights.
func (p *problem) score(w []float64) {
	L := p.labels
	n := p.kinds * offsets
	p.slots = resize(p.slots, n*L)
	p.crew.each(n, 256, func(_, from, to int) {
		for s := from; s < to; s++ {
			sum := p.slots[s*L:][:L]
			clear(sum)
			for _, r := range p.slot.of(s) {
				for l, v := range w[int(r)*L:][:L] {
					sum[l] += v
				}
			}
		}
	})
	p.values = resize(p.values, len(p.kind)*L)
	p.crew.each(len(p.chains), 16, func(_, from, to int) {
		for _, c := range p.chains[from:to] {
			for i := int(c[0]); i < int(c[1]); i++ {
				sum := p.values[i*L:][:L]
				clear(sum)
				for k := range offsets {
					for l, v := range p.slots[(k*p.kinds+int(p.kind[i+k-reach]))*L:][:L] {
						sum[l] += v
					}
				}
				for _, r := range p.context.of(i) {
					for l, v := range w[int(r)*L:][:L] {
						sum[l] += v
					}
				}
			}
		}
	})
}

// chainsLoss replaces values by marginals less gold, sets the transitions' gradient, and returns the negative
// log-likelihood.
func (p *problem) chainsLoss(w, gradient []float64) float64 {
	const size = 64
	L := p.labels
	parts := (len(p.chains) + size - 1) / size
	losses, pairs := make([]float64, parts), make([][]float64, parts)
	trans := w[p.transitions():]
	p.crew.each(len(p.chains), size, func(part, from, to int) {
		var c lattice
		c.setTransitions(L, trans)
		sums := make([]float64, L*L)
		for _, ch := range p.chains[from:to] {
			at, n := int(ch[0]), int(ch[1]-ch[0])
			v := p.values[at*L:][:n*L]
			c.reset(n)
			copy(c.emit, v)
			losses[part] += c.forward()
			c.backward()
			c.addPairs(sums)
			for i := range n {
				g := int(p.gold[at+i])
				losses[part] -= v[i*L+g]
				if i > 0 {
					before := int(p.gold[at+i-1])
					losses[part] -= trans[before*L+g]
					sums[before*L+g]--
				}
				for l := range L {
					v[i*L+l] = c.marginal(i, l)
				}
				v[i*L+g]--
			}
		}
		pairs[part] = sums
	})
	g := gradient[p.transitions():]
	clear(g)
	loss := 0.0
	for i, sums := range pairs {
		loss += losses[i]
		for j, v := range sums {
			g[j] += v
		}
	}
	return loss
}

// gather sums values by slot.
func (p *problem) gather() {
	L := p.labels
	p.crew.each(p.kinds*offsets, 256, func(_, from, to int) {
		for s := from; s < to; s++ {
			sum := p.slots[s*L:][:L]
			clear(sum)
			k, kind := s/p.kinds, s%p.kinds
			for _, at := range p.positions.of(kind) {
				i := int(at) - (k - reach)
				if i < 0 || i >= len(p.kind) || p.gold[i] < 0 {
					continue
				}
				for l, v := range p.values[i*L:][:L] {
					sum[l] += v
				}
			}
		}
	})
}

// slope sets the gradient of rows.
func (p *problem) slope(gradient []float64) {
	L := p.labels
	p.crew.each(p.rows, 1024, func(_, from, to int) {
		for r := from; r < to; r++ {
			g := gradient[r*L:][:L]
			clear(g)
			for _, s := range p.slotOf.of(r) {
				for l, v := range p.slots[int(s)*L:][:L] {
					g[l] += v
				}
			}
			for _, i := range p.contextOf.of(r) {
				for l, v := range p.values[int(i)*L:][:L] {
					g[l] += v
				}
			}
		}
	})
}

// penalty adds the slope of the ridge and returns its value.
func (p *problem) penalty(w, gradient []float64) float64 {
	p.crew.each(len(w), 1<<15, func(_, from, to int) {
		g := gradient[from:to]
		for i, v := range w[from:to] {
			g[i] += p.ridge * v
		}
	})
	sum := p.ridge / 2 * p.crew.dot(w, w)
	if math.IsNaN(sum) {
		return math.Inf(1)
	}
	return sum
}
