package keyphrase

// Limits of the table of phrases.
const (
	maxPhrases = 1 << 16 // counted at once: 8 MiB for a goroutine that has seen a large text
	minSlots   = 1 << 8
	// head is the beginning of a text, in bytes, of which no phrase is forgotten, however rare: a title's words may not
	// come again in a text of many words that don't either. It has 2,000 phrases at most.
	head = 2 << 10
)

// entry is a phrase in one form. An empty slot has words == 0.
type entry struct {
	form, fold uint64
	count      uint32
	start, end uint32 // where it was first seen
	words      uint8
	caps       uint8
}

// table counts forms by open addressing with linear probing.
type table struct {
	slots []entry
	spare []entry // what slots grow into
	used  int
	full  bool // nothing new is taken any more
}

// reset empties the table and makes it small, so that a short text costs little.
func (t *table) reset() {
	if cap(t.slots) < minSlots {
		t.slots = make([]entry, minSlots)
	}
	t.slots = t.slots[:minSlots]
	clear(t.slots)
	t.used, t.full = 0, false
}

// add counts one occurrence.
func (t *table) add(e entry) {
	mask := len(t.slots) - 1
	for i := int(e.form>>20) & mask; ; i = (i + 1) & mask {
		switch s := &t.slots[i]; {
		case s.words == 0:
			if t.full {
				return
			}
			*s = e
			t.used++
			if t.used > len(t.slots)/2 {
				t.grow()
			}
			return
		case s.form == e.form && s.words == e.words:
			s.count++
			return
		}
	}
}

// grow doubles the table, or forgets what is rare when it has grown enough.
func (t *table) grow() {
	least, size := uint32(0), 2*len(t.slots)
	if t.used > maxPhrases {
		least, size = t.rare(), len(t.slots)
	}
	if cap(t.spare) < size {
		t.spare = make([]entry, size)
	}
	old := t.slots
	t.slots, t.spare = t.spare[:size], old
	clear(t.slots)
	t.used = 0
	mask := size - 1
	for _, e := range old {
		if e.words == 0 || e.count <= least && e.start >= head {
			continue
		}
		i := int(e.form>>20) & mask
		for t.slots[i].words != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = e
		t.used++
	}
	t.full = t.used > maxPhrases*3/4
}

// rare is the count up to which at least half of the phrases go. A text so large that more than half of 65,536 phrases
// come 255 times and more keeps them, and takes no new ones.
func (t *table) rare() uint32 {
	var counts [256]int
	for _, e := range t.slots {
		if e.words > 0 {
			counts[min(e.count, 255)]++
		}
	}
	gone, least := 0, uint32(0)
	for gone < t.used/2 && least < 254 {
		least++
		gone += counts[least]
	}
	return least
}
