package prototype

import (
	"context"
	"slices"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/static/kernel"
)

// Refinement is soft k-means that begins at the prototypes and never leaves them far behind: in each round a label's
// prototype becomes its own vector and the mean of the texts, each weighted by the label's share of it.
const (
	refineSample      = 1 << 14 // texts kept: 8 MiB
	refineRounds      = 3
	refineTemperature = 0.05
	refinePull        = 1.2  // weight of the mean beside the label's own vector
	refineShrink      = 5    // texts that the label's own vector counts for
	refineLeastShare  = 1e-3 // shares below are left out: they are noise, and most of the work
	refineLeast       = 50   // texts; below, and below two a label, prototypes stay where they are
)

// refinement gathers an even sample of the texts: every stride-th of them, in input order.
type refinement struct {
	c       *Set
	e       Embedder
	s       *Scratch
	vectors []int16 // unit vectors, one after another
	stride  int64
	seen    int64 // texts that are not null
}

// NewRefinement starts a refinement, which has the embedder for itself.
func (c *Set) NewRefinement(e Embedder) classify.Refinement {
	return &refinement{c: c, e: e, s: c.NewScratch(), stride: 1}
}

// Add takes the texts of one batch. Of a long input it reads only the texts that it keeps.
func (r *refinement) Add(texts *array.String) error {
	dim := r.c.space.Dim
	for row := range texts.Len() {
		if texts.IsNull(row) {
			continue
		}
		if r.seen++; (r.seen-1)%r.stride != 0 {
			continue
		}
		if v, _ := r.e.Embed(bytesOf(texts.Value(row))); v != nil {
			r.vectors = append(r.vectors, v...)
		} else { // keeps its place, so that the sample stays even
			r.vectors = append(r.vectors, make([]int16, dim)...)
		}
		if len(r.vectors) == refineSample*dim {
			for i := range refineSample / 2 {
				copy(r.vectors[i*dim:(i+1)*dim], r.vectors[2*i*dim:])
			}
			r.vectors = r.vectors[:len(r.vectors)/2]
			r.stride *= 2
		}
	}
	return nil
}

// Finish moves the prototypes and returns them as Refined takes them.
func (r *refinement) Finish(ctx context.Context) ([]byte, error) {
	c, dim := r.c, r.c.space.Dim
	prototypes := append([]int16(nil), c.prototypes...)
	labels := len(c.cfg.Labels)
	if n := len(r.vectors) / dim; labels > 1 && n >= max(refineLeast, 2*labels) {
		table := newDecay(refineTemperature)
		for range refineRounds {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			r.round(prototypes, table)
		}
	}
	return encodeState(c.version, dim, prototypes), nil
}

// round moves the prototypes once. Sums run over the texts in input order, in float64, so that they come out the same
// on every machine.
func (r *refinement) round(prototypes []int16, table *decay) {
	c, s, dim := r.c, r.s, r.c.space.Dim
	labels := len(c.cfg.Labels)
	sums, counts := make([]float64, labels*dim), make([]float64, labels)
	for at := 0; at < len(r.vectors); at += dim {
		x := r.vectors[at:][:dim]
		if !slices.ContainsFunc(x, func(v int16) bool { return v != 0 }) {
			continue
		}
		kernel.Dots(s.padded, x, prototypes)
		shares(table, s)
		for j, share := range s.exps {
			if share < refineLeastShare {
				continue
			}
			p := float64(share)
			counts[j] += p
			sum := sums[j*dim:][:dim]
			for d, v := range x {
				sum[d] += float64(p * float64(v))
			}
		}
	}
	for j, n := range counts {
		v := make([]float64, dim)
		weight := refinePull / (n + refineShrink) // × n for the shrinkage, ÷ n for the mean
		for d, own := range c.prototype(j) {
			v[d] = float64(own) + float64(weight*sums[j*dim+d])
		}
		if normalize(v) {
			store(prototypes[j*dim:][:dim], v)
		}
	}
}

// Refined returns the set with the prototypes of a finished refinement.
func (c *Set) Refined(state []byte) (*Set, error) {
	prototypes, err := decodeState(state, c.version, c.space.Dim, len(c.prototypes))
	if err != nil {
		return nil, err
	}
	moved := &Set{cfg: c.cfg, space: c.space, names: c.names, abstain: c.abstain, prototypes: prototypes}
	moved.finish()
	return moved, nil
}

// bytesOf is the text as bytes, in place. They must not be changed.
func bytesOf(text string) []byte { return unsafe.Slice(unsafe.StringData(text), len(text)) }
