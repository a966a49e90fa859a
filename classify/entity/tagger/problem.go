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
	dim       int
	vector    []float32 // kinds × dim; zeros where a kind has none
	gate      []uint8   // by kind

	ridge      float64 // L2 strength of rows
	ridgeDense float64
	crew       crew

	slots  []float64 // slots × labels: sums of weights, then of gradients
	values []float64 // positions × labels: sums of weights, then marginal less gold
}

// Blocks of dense weights: one for each offset but 0, which has one for each gate.
const (
	gates  = 4
	blocks = offsets - 1 + gates
)

// blockOf is the block of dense weights of an offset's index.
func blockOf(offset int, gate uint8) int {
	switch {
	case offset < reach:
		return offset
	case offset > reach:
		return offset - 1
	}
	return offsets - 1 + int(gate)
}

// gateOf is the gate of a form.
func gateOf(f form) uint8 {
	switch f {
	case formLower:
		return 0
	case formTitle:
		return 1
	case formUpper, formLetter:
		return 2
	}
	return 3
}

// The weights are rows × labels, then blocks × dim × labels, then labels × labels.
func (p *problem) size() int        { return p.transitions() + p.labels*p.labels }
func (p *problem) dense() int       { return p.rows * p.labels }
func (p *problem) transitions() int { return p.dense() + blocks*p.dim*p.labels }

// loss sets gradient at the weights w and returns the regularized negative log-likelihood.
func (p *problem) loss(w, gradient []float64) float64 {
	p.score(w)
	nll := p.chainsLoss(w, gradient)
	p.gather()
	p.slope(w, gradient)
	return nll + p.penalty(w, gradient)
}

// score fills values with each position's sums of weights.
func (p *problem) score(w []float64) {
	L := p.labels
	n := p.kinds * offsets
	p.slots = resize(p.slots, n*L)
	dense := w[p.dense():p.transitions()]
	p.crew.each(n, 256, func(_, from, to int) {
		for s := from; s < to; s++ {
			sum := p.slots[s*L:][:L]
			clear(sum)
			for _, r := range p.slot.of(s) {
				for l, v := range w[int(r)*L:][:L] {
					sum[l] += v
				}
			}
			if p.dim == 0 {
				continue
			}
			k := s % p.kinds
			b := dense[blockOf(s/p.kinds, p.gate[k])*p.dim*L:]
			for d, x := range p.vector[k*p.dim:][:p.dim] {
				if x == 0 {
					continue
				}
				v := float64(x)
				for l, u := range b[d*L:][:L] {
					sum[l] += v * u
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

// slope sets the gradient of rows and dense weights.
func (p *problem) slope(w, gradient []float64) {
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
	dense := gradient[p.dense():p.transitions()]
	const size = 16
	p.crew.each(p.dim, size, func(_, from, to int) {
		for b := range blocks {
			clear(dense[(b*p.dim+from)*L : (b*p.dim+to)*L])
		}
		for s := range p.kinds * offsets {
			k := s % p.kinds
			b := dense[blockOf(s/p.kinds, p.gate[k])*p.dim*L:]
			sum := p.slots[s*L:][:L]
			for d := from; d < to; d++ {
				x := float64(p.vector[k*p.dim+d])
				if x == 0 {
					continue
				}
				g := b[d*L:][:L]
				for l, v := range sum {
					g[l] += x * v
				}
			}
		}
	})
}

// penalty adds the slope of the ridge and returns its value.
func (p *problem) penalty(w, gradient []float64) float64 {
	add := func(from, to int, strength float64) float64 {
		p.crew.each(to-from, 1<<15, func(_, a, b int) {
			g := gradient[from+a : from+b]
			for i, v := range w[from+a : from+b] {
				g[i] += strength * v
			}
		})
		return strength / 2 * p.crew.dot(w[from:to], w[from:to])
	}
	sum := add(0, p.dense(), p.ridge) + add(p.dense(), p.transitions(), p.ridgeDense) + add(p.transitions(), p.size(), p.ridge)
	if math.IsNaN(sum) {
		return math.Inf(1)
	}
	return sum
}
