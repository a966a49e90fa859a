package dictionary

import "math/bits"

// table maps 32-bit keys to numbers from 0 on. A key may stand in it more than once: whoever looks it up goes through
// all its numbers. It is open addressing with linear probing, at most 2/3 full.
type table struct {
	slots []slot
	shift uint8
}

type slot struct {
	key   uint32
	value int32 // -1 is an empty slot
}

// newTable makes room for n numbers.
func newTable(n int) table {
	size := max(bits.Len(uint(n+n/2)), 3)
	t := table{make([]slot, 1<<size), uint8(32 - min(size, 32))}
	for i := range t.slots {
		t.slots[i].value = -1
	}
	return t
}

// start is where the search for a key begins. Multiplication brings all bits of the key into the highest (Knuth).
func (t *table) start(key uint32) int { return int(key * 0x9e3779b1 >> t.shift) }

func (t *table) next(at int) int { return (at + 1) & (len(t.slots) - 1) }

// insert adds a number of a key.
func (t *table) insert(key uint32, value int32) {
	at := t.start(key)
	for t.slots[at].value >= 0 {
		at = t.next(at)
	}
	t.slots[at] = slot{key, value}
}

// get is the number of a key that stands in the table once; -1 when it doesn't.
func (t *table) get(key uint32) int32 {
	for at := t.start(key); ; at = t.next(at) {
		if s := t.slots[at]; s.value < 0 || s.key == key {
			return s.value
		}
	}
}
