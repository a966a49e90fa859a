package column

import (
	"bytes"
	"slices"

	"github.com/cespare/xxhash/v2"
)

// table is a set of byte arrays, numbered in the order in which they came.
type table struct {
	data   []byte
	offs   []uint32 // one more than there are entries; empty while there is none
	hashes []uint64
	slots  []int32 // open addressing: entry + 1
}

func (t *table) len() int { return max(len(t.offs)-1, 0) }

// size is how many bytes the entries take in the plain encoding: each with its length in 4 bytes.
func (t *table) size() int { return len(t.data) + 4*t.len() }

func (t *table) entry(i int32) []byte { return t.data[t.offs[i]:t.offs[i+1]] }

func (t *table) reset() {
	t.data, t.offs, t.hashes = t.data[:0], t.offs[:0], t.hashes[:0]
	clear(t.slots)
}

// add appends an entry without looking whether it is there.
func (t *table) add(s []byte) int32 {
	if len(t.offs) == 0 {
		t.offs = append(t.offs, 0)
	}
	t.data = append(t.data, s...)
	t.offs = append(t.offs, uint32(len(t.data)))
	return int32(len(t.offs) - 2)
}

// find returns the entry's number, a new one where it is not there yet.
func (t *table) find(s []byte) int32 {
	if 2*(t.len()+1) > len(t.slots) {
		t.rehash()
	}
	h := xxhash.Sum64(s)
	mask := uint64(len(t.slots) - 1)
	for at := h & mask; ; at = (at + 1) & mask {
		i := t.slots[at] - 1
		if i < 0 {
			i = t.add(s)
			t.hashes = append(t.hashes, h)
			t.slots[at] = i + 1
			return i
		}
		if t.hashes[i] == h && bytes.Equal(t.entry(i), s) {
			return i
		}
	}
}

func (t *table) rehash() {
	t.slots = make([]int32, max(256, 2*len(t.slots)))
	mask := uint64(len(t.slots) - 1)
	for i, h := range t.hashes {
		at := h & mask
		for t.slots[at] != 0 {
			at = (at + 1) & mask
		}
		t.slots[at] = int32(i + 1)
	}
}

// clone copies the entries, without the means to find them.
func (t *table) clone() table {
	return table{data: slices.Clone(t.data), offs: slices.Clone(t.offs)}
}
