package tagger

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// tiny is a chain whose every labelling can be looked at.
type tiny struct {
	labels, n   int
	trans, emit []float64
}

func newTiny(r *rand.Rand) *tiny {
	c := &tiny{labels: labelsOf(1 + r.IntN(2)), n: 1 + r.IntN(5)}
	for range c.labels * c.labels {
		c.trans = append(c.trans, r.NormFloat64())
	}
	for range c.labels * c.n {
		c.emit = append(c.emit, 2*r.NormFloat64())
	}
	return c
}

// each calls yield with every labelling that is allowed, and its weight.
func (c *tiny) each(yield func(labels []int, weight float64)) {
	labels := make([]int, c.n)
	var down func(i int, sum float64)
	down = func(i int, sum float64) {
		if i == c.n {
			yield(labels, math.Exp(sum))
			return
		}
		for l := range c.labels {
			v := sum + c.emit[i*c.labels+l]
			switch {
			case i == 0 && isContinuing(l), i > 0 && !allowed(labels[i-1], l):
				continue
			case i > 0:
				v += c.trans[labels[i-1]*c.labels+l]
			}
			labels[i] = l
			down(i+1, v)
		}
	}
	down(0, 0)
}

func (c *tiny) lattice() *lattice {
	var x lattice
	x.setTransitions(c.labels, c.trans)
	x.reset(c.n)
	copy(x.emit, c.emit)
	return &x
}

// spansOf are the spans of a labelling.
func spansOf(labels []int) (out []piece) {
	for i, l := range labels {
		switch {
		case l > 0 && isContinuing(l):
			out[len(out)-1].last = int32(i)
		case l > 0:
			out = append(out, piece{int32(i), int32(i), int32(l / 2), 0})
		}
	}
	return out
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9*(1+math.Abs(a)) }

func TestChainAgreesWithBruteForce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		c := newTiny(r)
		total, marginals := 0.0, make([]float64, c.n*c.labels)
		pairs, spans := make([]float64, c.labels*c.labels), map[piece]float64{}
		c.each(func(labels []int, weight float64) {
			total += weight
			for i, l := range labels {
				marginals[i*c.labels+l] += weight
				if i > 0 {
					pairs[labels[i-1]*c.labels+l] += weight
				}
			}
			for _, p := range spansOf(labels) {
				spans[p] += weight
			}
		})
		x := c.lattice()
		if got := x.forward(); !near(math.Log(total), got) {
			t.Fatalf("partition function: want e^%v, got e^%v", math.Log(total), got)
		}
		x.backward()
		got := make([]float64, c.labels*c.labels)
		x.addPairs(got)
		for i, want := range pairs {
			if !near(want/total, got[i]) {
				t.Fatalf("transition %d: want %v, got %v", i, want/total, got[i])
			}
		}
		for i, want := range marginals {
			if got := x.marginal(i/c.labels, i%c.labels); !near(want/total, got) {
				t.Fatalf("marginal %d: want %v, got %v", i, want/total, got)
			}
		}
		found := x.spans(nil, 0)
		if len(found) != len(spans) {
			t.Fatalf("want %d spans, got %d", len(spans), len(found))
		}
		for _, p := range found {
			want := spans[piece{p.first, p.last, p.typ, 0}] / total
			if !near(want, p.p) {
				t.Fatalf("span %v: want %v, got %v", p, want, p.p)
			}
		}
		if least := 0.2; true {
			want := slices.DeleteFunc(slices.Clone(found), func(p piece) bool { return p.p <= least })
			if got := x.spans(nil, least); !slices.Equal(want, got) {
				t.Fatalf("spans above %v: want %v, got %v", least, want, got)
			}
		}
	}
}

func TestChoiceAgreesWithBruteForce(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		c := newTiny(r)
		x := c.lattice()
		x.forward()
		x.backward()
		threshold := 0.05 + 0.4*r.Float64()
		pieces := x.spans(nil, threshold)
		best := 0.0
		for set := range 1 << min(len(pieces), 14) {
			sum, end := 0.0, int32(-1)
			for i, p := range pieces {
				if set>>i&1 == 0 {
					continue
				}
				if p.first <= end {
					sum = math.Inf(-1)
				}
				end = max(end, p.last)
				sum += p.p - threshold
			}
			best = max(best, sum)
		}
		if len(pieces) > 14 {
			continue
		}
		all := slices.Clone(pieces)
		sum, end := 0.0, int32(-1)
		for _, p := range new(chooser).choose(pieces, c.n, threshold) {
			if p.first <= end || !slices.Contains(all, p) {
				t.Fatalf("%v overlaps the one before, or was not to choose from", p)
			}
			end = p.last
			sum += p.p - threshold
		}
		if !near(best, sum) {
			t.Fatalf("want a sum of %v, got %v of %v", best, sum, all)
		}
	}
}

func TestLongChainStaysFinite(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	const n, labels = 4096, 13
	var x lattice
	trans := make([]float64, labels*labels)
	for i := range trans {
		trans[i] = 20 * r.NormFloat64()
	}
	x.setTransitions(labels, trans)
	x.reset(n)
	for i := range x.emit {
		x.emit[i] = 50 * r.NormFloat64()
	}
	x.forward()
	x.backward()
	for i := range n {
		sum := 0.0
		for l := range labels {
			sum += x.marginal(i, l)
		}
		if !near(1, sum) {
			t.Fatalf("the marginals at %d sum to %v", i, sum)
		}
	}
}
