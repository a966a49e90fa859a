package tagger

// index finds the row of an attribute, by open addressing.
type index struct {
	slots []slot
}

type slot struct {
	key uint64
	row int32 // plus 1; 0: the slot is free
}

func newIndex(keys []uint64) index {
	size := 16
	for size < 2*len(keys) {
		size *= 2
	}
	x := index{make([]slot, size)}
	mask := uint64(size - 1)
	for row, key := range keys {
		i := key & mask
		for x.slots[i].row != 0 {
			i = (i + 1) & mask
		}
		x.slots[i] = slot{key, int32(row + 1)}
	}
	return x
}

// row is the row of an attribute; -1: it has none.
func (x *index) row(key uint64) int32 {
	mask := uint64(len(x.slots) - 1)
	for i := key & mask; ; i = (i + 1) & mask {
		if s := &x.slots[i]; s.row == 0 || s.key == key {
			return s.row - 1
		}
	}
}
