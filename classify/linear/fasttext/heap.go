package fasttext

// ranked is a label by the logarithm of its probability.
type ranked struct {
	score float32
	label int32
}

// best keeps the k highest of what it is offered. It is the binary heap of the C++ library that fastText is built with,
// whose moves decide which of equal scores stay, and in what order: ova's scores are often equal, being read from a
// table of 512 steps.
type best struct {
	k     int
	items []ranked
}

func (b *best) reset(k int) {
	b.k, b.items = k, b.items[:0]
}

// refuses says whether a score would not enter.
func (b *best) refuses(score float32) bool { return len(b.items) == b.k && score < b.items[0].score }

func (b *best) offer(r ranked) {
	if b.refuses(r.score) {
		return
	}
	b.items = append(b.items, r)
	up(b.items, len(b.items)-1, 0, r)
	if len(b.items) > b.k {
		pop(b.items)
		b.items = b.items[:len(b.items)-1]
	}
}

// sorted puts the items in descending order. Nothing may be offered after it.
func (b *best) sorted() []ranked {
	for n := len(b.items); n > 1; n-- {
		pop(b.items[:n])
	}
	return b.items
}

// up moves r from the hole towards top.
func up(h []ranked, hole, top int, r ranked) {
	for hole > top {
		parent := (hole - 1) / 2
		if !(h[parent].score > r.score) {
			break
		}
		h[hole] = h[parent]
		hole = parent
	}
	h[hole] = r
}

// pop moves the lowest item to the end. The hole sinks to a leaf first, and the item that was last rises from there.
func pop(h []ranked) {
	n := len(h) - 1
	r := h[n]
	h[n] = h[0]
	hole, child := 0, 0
	for child < (n-1)/2 {
		child = 2 * (child + 1)
		if h[child].score > h[child-1].score {
			child--
		}
		h[hole] = h[child]
		hole = child
	}
	if n&1 == 0 && n > 0 && child == (n-2)/2 {
		child = 2 * (child + 1)
		h[hole] = h[child-1]
		hole = child - 1
	}
	up(h, hole, 0, r)
}
