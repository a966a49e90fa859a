package static

import (
	"math"

	"github.com/winnow-stream/winnow/classify/static/kernel"
	"github.com/winnow-stream/winnow/classify/wordpiece"
)

// scratch is what one goroutine needs to make vectors: about 170 KiB, most of it the tokenizer's cache of words.
type scratch struct {
	words  wordpiece.Scratch
	ids    []uint32 // tokens of a block of texts, one after another
	ends   []int    // where each text's end in ids; -1 for a null text
	acc    []int32
	wide   []int64
	vector []int16 // unit vector of the text at hand
}

// keepIDs bounds the ids that a scratch keeps between texts: 1 MiB.
const keepIDs = 1 << 18

func newScratch(dim int) *scratch {
	return &scratch{acc: make([]int32, dim), wide: make([]int64, dim), vector: make([]int16, dim)}
}

// embed leaves the unit vector of a text in s.vector; false when no token of it is known.
func (t *Table) embed(text []byte, s *scratch) bool {
	if cap(s.ids) > keepIDs {
		s.ids = nil
	}
	s.ids = t.tokens.Tokenize(s.ids[:0], text, &s.words)
	return t.vector(s.ids, s)
}

// vector leaves the unit vector of a text's tokens in s.vector; false when none is known.
func (t *Table) vector(ids []uint32, s *scratch) bool {
	if len(ids) <= kernel.MaxTokens {
		t.rows.Sum(s.acc, ids)
	} else {
		t.sumLong(ids, s)
	}
	return kernel.Scale(s.vector, s.acc)
}

// sumLong sums in parts, then shifts the sums into 31 bits.
func (t *Table) sumLong(ids []uint32, s *scratch) {
	clear(s.wide)
	for len(ids) > 0 {
		n := min(len(ids), kernel.MaxTokens)
		t.rows.Sum(s.acc, ids[:n])
		for d, v := range s.acc {
			s.wide[d] += int64(v)
		}
		ids = ids[n:]
	}
	var top int64
	for _, v := range s.wide {
		top = max(top, v, -v)
	}
	shift := 0
	for top>>shift > math.MaxInt32 {
		shift++
	}
	for d, v := range s.wide {
		s.acc[d] = int32(v >> shift)
	}
}
