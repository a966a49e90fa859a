package tagger

import (
	"math/rand/v2"

	"github.com/winnow-stream/winnow/classify/static/kernel"
)

// clusters are centroids of the vectors of words, a group for each granularity.
type clusters struct {
	dim       int
	centroids []int16 // centroids × dim, unit vectors, one group behind another
}

// granularity are the numbers of clusters of the groups, multiples of kernel.Block. Pairs of neighbours are made of the
// group pairGroup.
var granularity = [...]int{64, 256}

const pairGroup = 0

// allClusters is the number of centroids of all groups.
const allClusters = 64 + 256

// mark adds a word's clusters to its attributes.
func (c *clusters) mark(w *word, vector []int16, dots []int32) {
	if vector == nil {
		return
	}
	at := 0
	kernel.Dots(dots, vector, c.centroids)
	for g, n := range granularity {
		best := 0
		for i, v := range dots[at : at+n] {
			if v > dots[at+best] {
				best = i
			}
		}
		id := mix(aCluster, uint64(at+best))
		w.near = append(w.near, id)
		w.own = append(w.own, mix(id, uint64(w.form)))
		if g == pairGroup {
			w.cluster = id
		}
		at += n
	}
}

// newClusters finds clusters of vectors (n × dim unit vectors) by spherical k-means (Dhillon and Modha 2001).
func newClusters(vectors []int16, dim int, seed uint64, c crew) *clusters {
	x := &clusters{dim: dim}
	r := rand.New(rand.NewPCG(seed, 2))
	for _, k := range granularity {
		x.centroids = append(x.centroids, means(vectors, dim, k, r, c)...)
	}
	return x
}

// means returns k centroids. Those that lose all their vectors stay where they are.
func means(vectors []int16, dim, k int, r *rand.Rand, c crew) []int16 {
	const rounds = 12
	n := len(vectors) / dim
	out := make([]int16, k*dim)
	for i, at := range r.Perm(n)[:min(n, k)] {
		copy(out[i*dim:(i+1)*dim], vectors[at*dim:])
	}
	nearest := make([]int32, n)
	for range rounds {
		c.each(n, 256, func(_, from, to int) {
			dots := make([]int32, k)
			for i := from; i < to; i++ {
				kernel.Dots(dots, vectors[i*dim:(i+1)*dim], out)
				best := 0
				for j, v := range dots {
					if v > dots[best] {
						best = j
					}
				}
				nearest[i] = int32(best)
			}
		})
		sums := make([]int32, k*dim)
		for i, j := range nearest {
			sum := sums[int(j)*dim:][:dim]
			for d, v := range vectors[i*dim : (i+1)*dim] {
				sum[d] += int32(v) >> 6 // room for some million vectors
			}
		}
		for j := range k {
			kernel.Scale(out[j*dim:(j+1)*dim], sums[j*dim:(j+1)*dim])
		}
	}
	return out
}
