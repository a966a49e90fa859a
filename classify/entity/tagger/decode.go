package tagger

// piece is a span over positions of a chain, from first to last.
type piece struct {
	first, last int32
	typ         int32
	p           float64 // probability by the chain
}

// spans appends every span whose marginal probability exceeds least, in order of its first position. Forward and
// backward came before it. The probability of a span is that of its labels, from the one that begins it to one that does
// not continue it.
func (c *lattice) spans(dst []piece, least float64) []piece {
	L := c.labels
	for i := range c.n {
		for b := 1; b < L; b += 2 {
			if c.marginal(i, b) <= least {
				continue
			}
			q, l := c.alpha[i*L+b], b
			for j := i; ; j++ {
				on := 0.0 // the part that goes on
				if j+1 < c.n {
					on = c.trans[l*L+b+1] * c.emit[(j+1)*L+b+1] / c.scale[j+1]
				}
				all := q * c.beta[j*L+l]
				if all <= least {
					break
				}
				rest := 0.0
				if on > 0 {
					rest = q * on * c.beta[(j+1)*L+b+1]
				}
				if p := all - rest; p > least {
					dst = append(dst, piece{int32(i), int32(j), int32(b / 2), p})
				}
				if on == 0 {
					break
				}
				q *= on
				l = b + 1
			}
		}
	}
	return dst
}

// chooser picks spans that don't overlap.
type chooser struct {
	best []float64 // by position: the best sum up to it
	took []int32   // by position: the piece that ends there in the best choice; -1: none
}

// choose keeps those pieces that don't overlap and whose probabilities, each less the threshold, have the largest sum:
// with a threshold of F/2 that choice has the largest expected F-measure, F being what is reached (Jansche 2007; Nan et
// al. 2012). pieces are ordered by their first position; what is kept stays in this order.
func (x *chooser) choose(pieces []piece, n int, threshold float64) []piece {
	if len(pieces) < 2 {
		return pieces
	}
	x.best, x.took = resize(x.best, n+1), x.took[:0]
	for i := range n + 1 {
		x.best[i] = 0
		x.took = append(x.took, -1)
	}
	// best[i] is settled for positions before i when pieces that begin at i are looked at.
	at := 0
	for i := range n {
		if i > 0 && x.best[i] < x.best[i-1] {
			x.best[i], x.took[i] = x.best[i-1], -1
		}
		for ; at < len(pieces) && int(pieces[at].first) == i; at++ {
			p := pieces[at]
			if sum := x.best[i] + p.p - threshold; sum > x.best[p.last+1] {
				x.best[p.last+1], x.took[p.last+1] = sum, int32(at)
			}
		}
	}
	if n > 0 && x.best[n] < x.best[n-1] {
		x.took[n] = -1
	}
	end := len(pieces)
	for i := n; i > 0; {
		if x.took[i] < 0 {
			i--
			continue
		}
		p := pieces[x.took[i]]
		end--
		i = int(p.first)
		// The pieces chosen lie ever earlier, so that what is overwritten at the end is not looked at again: each has
		// an index below the one before, and end never falls below it.
		pieces[end] = p
	}
	return pieces[:copy(pieces, pieces[end:])]
}
