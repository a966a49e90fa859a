package train

import (
	"context"
	"math/rand/v2"
	"unsafe"

	"github.com/winnow-stream/winnow/classify/linear/fasttext"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/dictionary"
)

// bytesOf is the text as bytes, in place. They must not be changed.
func bytesOf(text string) []byte { return unsafe.Slice(unsafe.StringData(text), len(text)) }

// item is an example as the model sees it.
type item struct {
	tokens int     // words and labels, the end of the line included
	labels []int32 // rows of the output
	rows   []int32 // rows of the input
}

// slab are items in one piece of memory, each as: tokens, number of labels, number of rows, labels, rows.
type slab []int32

const (
	slabSize = 1 << 14 // numbers, unless one item has more
	header   = 3       // numbers before an item's labels
)

// at is the item at a place, and the place of the next.
func (s slab) at(i int) (item, int) {
	labels, rows := i+header, i+header+int(s[i+1])
	next := rows + int(s[i+2])
	return item{int(s[i]), s[labels:rows:rows], s[rows:next:next]}, next
}

// translator turns examples into items. It is used by one goroutine.
type translator struct {
	dict   *dictionary.Dictionary
	labels map[string]int32 // by the names that users know; shared, and only read
	line   dictionary.Line
	item   item
}

func newTranslator(dict *dictionary.Dictionary, names map[string][]byte) *translator {
	t := &translator{dict: dict, labels: make(map[string]int32, len(names))}
	for name, written := range names {
		if id := dict.Find(written) - int32(len(dict.Words())); id >= 0 {
			t.labels[name] = id
		}
	}
	return t
}

// clone is a translator for another goroutine.
func (t *translator) clone() *translator { return &translator{dict: t.dict, labels: t.labels} }

// translate gives an example's item, valid until the next call.
func (t *translator) translate(e Example) item {
	t.dict.Read(&t.line, bytesOf(e.Text), 0)
	t.item.labels = t.item.labels[:0]
	for _, name := range e.Labels {
		if id, ok := t.labels[name]; ok {
			t.item.labels = append(t.item.labels, id)
		}
	}
	t.item.rows, t.item.tokens = t.line.Rows, t.line.Tokens+len(e.Labels)
	return t.item
}

// corpus are all examples as items, or none of them where they take more memory than is allowed.
type corpus struct {
	slabs []slab
	whole bool
}

// translateAll reads all examples into a corpus, and gives each row of the input that it meets its first value.
func translateAll(ctx context.Context, examples Examples, t *translator, limit int64, met func(row int32)) (*corpus, error) {
	c := &corpus{whole: true}
	size, n := int64(0), 0
	var last slab
	for e, err := range examples {
		if err != nil {
			return nil, err
		}
		if n++; n%checkEvery == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		it := t.translate(e)
		for _, row := range it.rows {
			met(row)
		}
		if !c.whole {
			continue
		}
		need := header + len(it.labels) + len(it.rows)
		if cap(last)-len(last) < need {
			if last != nil {
				c.slabs = append(c.slabs, last)
			}
			last = make(slab, 0, max(slabSize, need))
			if size += 4 * int64(cap(last)); size > limit {
				c.slabs, c.whole, last = nil, false, nil
				continue
			}
		}
		last = append(last, int32(it.tokens), int32(len(it.labels)), int32(len(it.rows)))
		last = append(append(last, it.labels...), it.rows...)
	}
	if len(last) > 0 {
		c.slabs = append(c.slabs, last)
	}
	return c, ctx.Err()
}

// initial gives rows of the input their first values, uniform in ±1/dim, each by itself: they depend on the seed and on
// the row's number, not on the order of calls.
type initial struct {
	input *fasttext.Matrix
	seed  uint64
	done  []uint64 // a bit for each row
	pcg   *rand.PCG
}

func newInitial(input *fasttext.Matrix, seed uint64) *initial {
	return &initial{input, seed, make([]uint64, (input.Rows+63)/64), rand.NewPCG(0, 0)}
}

// met fills a row, unless that was done.
func (n *initial) met(row int32) {
	if n.done[row/64]>>(row%64)&1 != 0 {
		return
	}
	n.done[row/64] |= 1 << (row % 64)
	n.pcg.Seed(n.seed, uint64(row))
	scale := 2 / float32(n.input.Dim)
	to := n.input.Row(int(row))[:n.input.Dim]
	for d := 0; d < len(to); d += 2 {
		bits := n.pcg.Uint64() // two numbers of 24 bits
		to[d] = (float32(bits>>40)/(1<<24) - 0.5) * scale
		if d+1 < len(to) {
			to[d+1] = (float32(bits&(1<<24-1))/(1<<24) - 0.5) * scale
		}
	}
}

// set makes a row a given vector.
func (n *initial) set(row int32, vector []float32) {
	n.done[row/64] |= 1 << (row % 64)
	copy(n.input.Row(int(row)), vector)
}
