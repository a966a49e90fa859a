package head

import (
	"math"
	"slices"
)

// vocabulary are the n-grams that a model knows, each with its weight by rarity. It does not change once made and is
// safe for concurrent use.
type vocabulary struct {
	shape  shape
	hashes [views][]uint32 // buckets of the known n-grams, ascending; ids follow one another, view by view
	rarity []float32       // by id: ln((1+texts)/(1+texts with it)) + 1
	index  [views]index
}

// size is the number of n-grams.
func (v *vocabulary) size() int { return len(v.rarity) }

// build makes the look-up tables.
func (v *vocabulary) build() {
	first := uint32(0)
	for k := range views {
		v.index[k] = newIndex(v.hashes[k], first)
		first += uint32(len(v.hashes[k]))
	}
}

// index finds the id of a bucket by open addressing.
type index struct {
	slots []slot
	shift uint
}

type slot struct{ bucket, id uint32 } // bucket is one more than it is, so that 0 is an empty slot

func newIndex(hashes []uint32, first uint32) index {
	bits := uint(4)
	for 1<<bits < 2*len(hashes) {
		bits++
	}
	x := index{make([]slot, 1<<bits), 32 - bits}
	for i, h := range hashes {
		at := x.home(h)
		for x.slots[at].bucket != 0 {
			at = (at + 1) & (len(x.slots) - 1)
		}
		x.slots[at] = slot{h + 1, first + uint32(i)}
	}
	return x
}

func (x *index) home(h uint32) int { return int(h * 0x9e3779b1 >> x.shift) }

func (x *index) find(h uint32) (uint32, bool) {
	for at := x.home(h); ; at = (at + 1) & (len(x.slots) - 1) {
		s := x.slots[at]
		if s.bucket == h+1 {
			return s.id, true
		}
		if s.bucket == 0 {
			return 0, false
		}
	}
}

// weigher turns texts into weighted features of a vocabulary. It belongs to one goroutine.
type weigher struct {
	cutter
	vocabulary *vocabulary
	counts     []uint8 // by id; zero between texts
	ids        []uint32
	values     []float32
	middle     int // where the second view begins in ids
}

func newWeigher(v *vocabulary) *weigher {
	return &weigher{vocabulary: v, counts: make([]uint8, v.size())}
}

// weigh leaves the features of a text in w.ids and w.values: those of the first view end at w.middle, and each view's
// values have the length 1.
func (w *weigher) weigh(text []byte) {
	w.cut(text, &w.vocabulary.shape)
	w.ids, w.values = w.ids[:0], w.values[:0]
	for k := range views {
		if k == viewChar {
			w.middle = len(w.ids)
		}
		start := len(w.ids)
		x := &w.vocabulary.index[k]
		for _, h := range w.grams[k] {
			id, ok := x.find(h)
			if !ok {
				continue
			}
			if w.counts[id] == 0 {
				w.ids = append(w.ids, id)
			}
			if w.counts[id] < math.MaxUint8 {
				w.counts[id]++
			}
		}
		w.scale(start)
	}
}

// scale appends the values of the ids from start on.
func (w *weigher) scale(start int) {
	sum := float32(0)
	for _, id := range w.ids[start:] {
		v := float32(damped[w.counts[id]] * w.vocabulary.rarity[id])
		w.counts[id] = 0
		w.values = append(w.values, v)
		sum += float32(v * v)
	}
	if sum == 0 {
		return
	}
	n := float32(1 / math.Sqrt(float64(sum)))
	for i := range w.values[start:] {
		w.values[start+i] = float32(w.values[start+i] * n)
	}
}

// counter counts in how many texts each n-gram is. It belongs to one goroutine.
type counter struct {
	cutter
	texts int
	in    [views][]uint32 // by bucket
}

func newCounter() *counter {
	c := new(counter)
	for k := range views {
		c.in[k] = make([]uint32, buckets)
	}
	return c
}

func (c *counter) add(text []byte, sh *shape) {
	c.cut(text, sh)
	c.texts++
	for k := range views {
		g := c.grams[k]
		slices.Sort(g)
		for i, h := range g {
			if i == 0 || g[i-1] != h {
				c.in[k][h]++
			}
		}
	}
}

// vocabulary chooses the n-grams that are in at least `least` texts; of more than maxFeatures the most frequent.
func (c *counter) vocabulary(sh shape, least [views]uint32) *vocabulary {
	v := &vocabulary{shape: sh}
	for c.over(least) > maxFeatures {
		for k := range views {
			least[k]++
		}
	}
	for k := range views {
		for h, n := range c.in[k] {
			if n >= max(least[k], 1) {
				v.hashes[k] = append(v.hashes[k], uint32(h))
				v.rarity = append(v.rarity, rarity(c.texts, n))
			}
		}
	}
	v.build()
	return v
}

func (c *counter) over(least [views]uint32) (n int) {
	for k := range views {
		for _, in := range c.in[k] {
			if in >= max(least[k], 1) {
				n++
			}
		}
	}
	return n
}

// rarity is rounded, since math.Log differs in its last bit between machines.
func rarity(texts int, in uint32) float32 {
	r := math.Log(float64(1+texts)/float64(1+in)) + 1
	return float32(math.Round(r*1e4) / 1e4)
}
