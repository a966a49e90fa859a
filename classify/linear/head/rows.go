package head

import (
	"context"
	"slices"

	"github.com/winnow-stream/winnow/classify/static/kernel"
)

// A feature of a row is packed into 32 bits: its id below, its value above, in units of 1/(valueUnit−1).
const (
	featureBits = 18
	maxFeatures = 1 << featureBits
	featureMask = maxFeatures - 1
	valueUnit   = 1 << (32 - featureBits)
	valueStep   = 1.0 / (valueUnit - 1)
)

// rows are texts as features, ready for training. They are made block by block, by several goroutines at once, and
// do not change afterwards.
type rows struct {
	blocks []block
	count  int
	dim    int // of vectors; 0 where they are left out
}

// block is blockRows rows, the last one fewer.
type block struct {
	packed  []uint32  // n-grams, row by row
	middles []uint32  // where in packed the second view of each row begins
	ends    []uint32  // where in packed each row ends
	vectors []float32 // rows × dim, of length 1 or 0
}

const (
	blockBits = 11
	blockRows = 1 << blockBits
)

func newRows(count, dim int) *rows {
	return &rows{blocks: make([]block, (count+blockRows-1)/blockRows), count: count, dim: dim}
}

// row returns the n-grams of row i, where its second view begins, and its vector.
func (r *rows) row(i int32) (packed []uint32, middle int, vector []float32) {
	b, at := &r.blocks[i>>blockBits], int(i&(blockRows-1))
	start := uint32(0)
	if at > 0 {
		start = b.ends[at-1]
	}
	if r.dim > 0 {
		vector = b.vectors[at*r.dim : (at+1)*r.dim]
	}
	return b.packed[start:b.ends[at]], int(b.middles[at] - start), vector
}

// filler makes blocks. It belongs to one goroutine.
type filler struct {
	weigher *weigher
	embed   Embedder
	packed  []uint32
}

// fill makes block k of the texts of all rows. Once the context ends, it leaves vectors out, and the block is of no use.
func (r *rows) fill(ctx context.Context, k int, texts []string, f *filler) {
	first := k * blockRows
	n := min(blockRows, r.count-first)
	b := &r.blocks[k]
	b.middles, b.ends = make([]uint32, 0, n), make([]uint32, 0, n)
	b.vectors = make([]float32, n*r.dim)
	packed, w := f.packed[:0], f.weigher
	if r.dim > 0 {
		r.embed(ctx, b.vectors, texts[first:first+n], f.embed)
	}
	for i := range n {
		w.weigh(bytesOf(texts[first+i]))
		b.middles = append(b.middles, uint32(len(packed)+w.middle))
		for j, id := range w.ids {
			packed = append(packed, uint32(w.values[j]*(valueUnit-1)+0.5)<<featureBits|id)
		}
		b.ends = append(b.ends, uint32(len(packed)))
	}
	b.packed, f.packed = slices.Clip(slices.Clone(packed)), packed
}

// embed fills vectors (texts × dim).
func (r *rows) embed(ctx context.Context, vectors []float32, texts []string, e Embedder) {
	all := column(texts)
	defer all.Release()
	for first := 0; first < len(texts); first += blockTexts {
		n := min(blockTexts, len(texts)-first)
		if e.Embed(ctx, all, first, first+n) != nil {
			return
		}
		for i := range n {
			vector, _ := e.Vector(i)
			for d, x := range vector {
				vectors[(first+i)*r.dim+d] = float32(x) / kernel.Unit
			}
		}
	}
}
