package head

import (
	"math"

	"github.com/winnow-stream/winnow/classify/linear/fasttext/kernel"
)

// plane separates one label from the others: a text's margin is the dot product of its row and the plane, plus bias. The
// views' weights are multiplied into it, so that it is applied to features of length 1.
type plane struct {
	vector []float32 // of the static vector
	grams  []float32 // by feature id
	bias   float32
}

func newPlane(dim, features int) *plane {
	return &plane{vector: make([]float32, dim), grams: make([]float32, features)}
}

func (p *plane) reset() {
	clear(p.vector)
	clear(p.grams)
	p.bias = 0
}

// margin is the plane's answer to row i.
func (p *plane) margin(r *rows, i int32) float32 {
	packed, _, vector := r.row(i)
	return p.bias + dot(vector, p.vector) + float32(sparse(packed, p.grams)*valueStep)
}

// entry is one weight of a plane.
type entry struct {
	feature uint32
	weight  float32
}

// prune sets all but the `keep` largest weights of n-grams to zero, a few more where they are nearly equal, and appends
// what is left to kept by ascending feature.
func (p *plane) prune(keep int, kept []entry) []entry {
	// Weights by the upper 15 bits of their size: exponent and 7 bits of the mantissa.
	var sizes [1 << 15]int32
	for _, w := range p.grams {
		sizes[math.Float32bits(w)<<1>>17]++
	}
	least, n := len(sizes)-1, 0
	for ; least > 1 && n+int(sizes[least]) <= keep; least-- {
		n += int(sizes[least])
	}
	for f, w := range p.grams {
		if int(math.Float32bits(w)<<1>>17) < least+1 || w == 0 {
			p.grams[f] = 0
			continue
		}
		kept = append(kept, entry{uint32(f), w})
	}
	return kept
}

// dot is the dot product of x and w, which is as long: a multiple of kernel.Lanes, or nothing.
func dot(x, w []float32) float32 {
	var product [1]float32
	if len(x) > 0 {
		kernel.Dots(product[:], x, w)
	}
	return product[0]
}

// addScaled adds f·x to w.
func addScaled(w, x []float32, f float32) { scatter(w, firstRow, []float32{f}, x) }

var firstRow = []uint32{0}

// sparse is the dot product in units of valueStep. It has two sums, so that additions don't wait for each other. Products are rounded
// by themselves, here as below, so that no machine fuses them.
func sparse(packed []uint32, w []float32) float32 {
	var a, b float32
	i := 0
	for ; i+1 < len(packed); i += 2 {
		p, q := packed[i], packed[i+1]
		a += float32(float32(int32(p>>featureBits)) * w[p&featureMask])
		b += float32(float32(int32(q>>featureBits)) * w[q&featureMask])
	}
	if i < len(packed) {
		p := packed[i]
		a += float32(float32(int32(p>>featureBits)) * w[p&featureMask])
	}
	return a + b
}

func addSparse(w []float32, packed []uint32, f float32) {
	f *= valueStep
	for _, p := range packed {
		w[p&featureMask] += float32(f * float32(int32(p>>featureBits)))
	}
}

func squares(packed []uint32) (sum float32) {
	for _, p := range packed {
		v := float32(float32(int32(p>>featureBits)) * valueStep)
		sum += float32(v * v)
	}
	return sum
}
