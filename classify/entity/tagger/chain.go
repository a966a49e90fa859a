package tagger

import "math"

// The labels of a chain: 0 is outside, 1+2t begins an entity of type t, 2+2t continues it. A label that continues can
// only follow one of its own type, and never comes first: those are the only transitions that are forbidden.

func labelsOf(types int) int  { return 1 + 2*types }
func begins(t int) int        { return 1 + 2*t }
func continues(t int) int     { return 2 + 2*t }
func isContinuing(l int) bool { return l > 0 && l%2 == 0 }

// allowed tells whether label to can follow label from.
func allowed(from, to int) bool { return !isContinuing(to) || from == to || from == to-1 }

// lattice holds the potentials of one linear chain and what forward and backward make of them. Probabilities are
// rescaled at each position, so that chains of any length stay within floating point. It is reused from chain to chain.
type lattice struct {
	labels int
	trans  []float64 // labels × labels, from × to: e^weight, 0 where forbidden
	n      int
	emit   []float64 // n × labels: weights in, then e^(weight − the position's largest)
	alpha  []float64 // n × labels: probability of the labels so far to end in this one
	beta   []float64 // n × labels: alpha × beta is the marginal probability
	scale  []float64 // n: what alpha was divided by
	shift  float64   // sum of the largest weights
}

// setTransitions takes weights, from × to.
func (c *lattice) setTransitions(labels int, weights []float64) {
	c.labels = labels
	c.trans = resize(c.trans, labels*labels)
	for from := range labels {
		for to := range labels {
			c.trans[from*labels+to] = 0
			if allowed(from, to) {
				c.trans[from*labels+to] = math.Exp(weights[from*labels+to])
			}
		}
	}
}

// reset makes room for a chain of n positions; its emit is to be filled.
func (c *lattice) reset(n int) {
	c.n = n
	c.emit, c.alpha, c.beta = resize(c.emit, n*c.labels), resize(c.alpha, n*c.labels), resize(c.beta, n*c.labels)
	c.scale = resize(c.scale, n)
}

func resize(s []float64, n int) []float64 {
	if cap(s) < n {
		return make([]float64, n, n+n/2)
	}
	return s[:n]
}

// exponentiate turns the weights of emit into factors, the largest of each position 1.
func (c *lattice) exponentiate() {
	c.shift = 0
	for i := range c.n {
		e := c.emit[i*c.labels:][:c.labels]
		top := e[0]
		for _, v := range e[1:] {
			top = max(top, v)
		}
		for l, v := range e {
			e[l] = math.Exp(v - top)
		}
		c.shift += top
	}
}

// forward fills alpha and returns the logarithm of the partition function.
func (c *lattice) forward() float64 {
	c.exponentiate()
	L := c.labels
	log := c.shift
	for i := range c.n {
		a, e := c.alpha[i*L:][:L], c.emit[i*L:][:L]
		if i == 0 {
			copy(a, e)
			for l := 2; l < L; l += 2 {
				a[l] = 0
			}
		} else {
			c.step(a, c.alpha[(i-1)*L:][:L])
			for l, v := range e {
				a[l] *= v
			}
		}
		sum := 0.0
		for _, v := range a {
			sum += v
		}
		c.scale[i] = sum
		log += math.Log(sum)
		for l := range a {
			a[l] /= sum
		}
	}
	return log
}

// step sets to to the sum over all labels before, from, times the transition.
func (c *lattice) step(to, from []float64) {
	L := c.labels
	clear(to)
	for f, v := range from {
		t := c.trans[f*L:][:L]
		to[0] += v * t[0]
		for l := 1; l < L; l += 2 {
			to[l] += v * t[l]
		}
		if f > 0 {
			l := f + f&1
			to[l] += v * t[l]
		}
	}
}

// backward fills beta; forward came before it.
func (c *lattice) backward() {
	L := c.labels
	for l := range L {
		c.beta[(c.n-1)*L+l] = 1
	}
	for i := c.n - 2; i >= 0; i-- {
		b, next, e := c.beta[i*L:][:L], c.beta[(i+1)*L:][:L], c.emit[(i+1)*L:][:L]
		inverse := 1 / c.scale[i+1]
		for f := range b {
			t := c.trans[f*L:][:L]
			sum := t[0] * e[0] * next[0]
			for l := 1; l < L; l += 2 {
				sum += t[l] * e[l] * next[l]
			}
			if f > 0 {
				l := f + f&1
				sum += t[l] * e[l] * next[l]
			}
			b[f] = sum * inverse
		}
	}
}

// marginal is the probability of a label at a position.
func (c *lattice) marginal(i, label int) float64 {
	return c.alpha[i*c.labels+label] * c.beta[i*c.labels+label]
}

// addPairs adds the expected number of each transition to sums, from × to.
func (c *lattice) addPairs(sums []float64) {
	L := c.labels
	for i := 1; i < c.n; i++ {
		a, b, e := c.alpha[(i-1)*L:][:L], c.beta[i*L:][:L], c.emit[i*L:][:L]
		inverse := 1 / c.scale[i]
		for f, v := range a {
			v *= inverse
			for l, t := range c.trans[f*L:][:L] {
				sums[f*L+l] += v * t * e[l] * b[l]
			}
		}
	}
}
