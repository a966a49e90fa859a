package wordpiece

import "math/bits"

// shortWord is the longest word, in bytes, that a slot holds inline: 97 % of the words of English text.
const shortWord = 12

// slot is one short word: its bytes, little endian and zero-padded, and its id. An empty slot has lo == 0, which no
// word has, since the normalizer removes NUL.
type slot struct {
	lo uint64
	hi uint32
	id uint32
}

// index maps words to ids: short ones by open addressing with linear probing, so that a hit costs one cache line and no
// comparison of strings; longer ones by a map.
type index struct {
	slots  []slot
	filter []uint64 // a bit for each quarter of a slot's keys: most words that are not there end here, near the core
	shift  uint
	long   map[string]uint32
	maxLen int // longest word in bytes
}

// newIndex makes an index with room for n words at a load of at most one half.
func newIndex(n int) index {
	size := max(bits.Len(uint(2*n)), 6)
	return index{
		slots: make([]slot, 1<<size), filter: make([]uint64, 1<<(size-4)), shift: uint(64 - size), long: map[string]uint32{},
	}
}

// put adds a word; a word that is there already keeps its first id.
func (x *index) put(word string, id uint32) {
	x.maxLen = max(x.maxLen, len(word))
	if len(word) > shortWord {
		if _, ok := x.long[word]; !ok {
			x.long[word] = id
		}
		return
	}
	var pad [16]byte
	copy(pad[:], word)
	lo, hi := load64(pad[:]), uint32(load64(pad[8:]))
	if lo == 0 {
		return
	}
	bit := x.bit(lo, uint64(hi))
	x.filter[bit/64] |= 1 << (bit % 64)
	i := x.home(lo, hi)
	for x.slots[i].lo != 0 {
		if x.slots[i].lo == lo && x.slots[i].hi == hi {
			return
		}
		i = (i + 1) & uint64(len(x.slots)-1)
	}
	x.slots[i] = slot{lo, hi, id}
}

// short returns the id of the word of up to shortWord bytes with this key.
func (x *index) short(lo uint64, hi uint32) (uint32, bool) {
	if bit := x.bit(lo, uint64(hi)); x.filter[bit/64]>>(bit%64)&1 == 0 {
		return 0, false
	}
	mask := uint64(len(x.slots) - 1)
	for i := x.home(lo, hi); ; i++ {
		s := &x.slots[i&mask]
		if s.lo == lo && s.hi == hi {
			return s.id, true
		}
		if s.lo == 0 {
			return 0, false
		}
	}
}

// bit is the place of a key in the filter, which has four bits a slot.
func (x *index) bit(lo, hi uint64) uint64 { return mix(lo, hi) >> ((x.shift - 2) & 63) }

// home is the slot at which a key is looked for first. The shift leaves no more bits than there are slots.
func (x *index) home(lo uint64, hi uint32) uint64 { return mix(lo, uint64(hi)) >> (x.shift & 63) }

// mix spreads a key over 64 bits, the best of them on top. The multipliers are odd digits of the golden ratio and of pi.
func mix(lo, hi uint64) uint64 { return lo*0x9e3779b97f4a7c15 + hi*0x243f6a8885a308d3 }

// load64 reads 8 bytes, little endian.
func load64(b []byte) uint64 {
	_ = b[7]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}
