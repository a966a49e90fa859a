package prototype

import (
	"github.com/winnow-stream/winnow/classify/explain"
	"github.com/winnow-stream/winnow/classify/static/kernel"
)

// Labels is how many labels the set has.
func (c *Set) Labels() int { return len(c.cfg.Labels) }

// Direction fills dst (dim) with the direction in which a vector of length 1 raises a label: its dot product with the vector
// is the logarithm of the label's odds, as package explain counts them, less what does not depend on the text.
func (c *Set) Direction(label int32, dst []float64) {
	n, dim := len(c.cfg.Labels), c.space.Dim
	for d, x := range c.prototype(int(label)) {
		dst[d] = float64(x)
	}
	scale := c.platt.slope
	if c.decay != nil {
		scale = 1 / c.cfg.Temperature
		for d := range dst {
			sum := 0.0
			for j := range n {
				sum += float64(c.prototypes[j*dim+d])
			}
			dst[d] -= (sum - dst[d]) / float64(n-1)
		}
	}
	for d := range dst {
		dst[d] *= scale / kernel.Unit
	}
}

// Odds fills dst (labels) with the logarithms of the labels' odds for a vector, as package explain counts them; nil is a
// text of which nothing is known, which has no part in them.
func (c *Set) Odds(vector []int16, dst []float32, s *Scratch) {
	clear(s.scores)
	if vector != nil {
		kernel.Dots(s.padded, vector, c.prototypes)
	}
	scale := c.platt.slope
	if c.decay != nil {
		scale = 1 / c.cfg.Temperature
	}
	for j, v := range s.scores {
		dst[j] = float32(float64(v) / unitSquare * scale)
	}
	if c.decay != nil {
		explain.Relative(dst)
	}
}
