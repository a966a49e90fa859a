package pipeline

import "github.com/winnow-stream/winnow/pipeline/fault"

// ledger keeps, for each split, which offsets have their outcome. Batches reach it in order, so the contiguous low
// watermark of a split is simply the end of its last batch: the ledger's work is to prove that, batch by batch. A
// commit never passes what it holds. Only the writer uses it.
type ledger struct {
	splits []*Split
	index  map[*Split]int
	done   int                 // splits[:done] are read to their end
	open   map[string]Position // low watermarks of splits after those, by ID
	counts Counts
}

func newLedger(splits []*Split) *ledger {
	l := &ledger{splits: splits, index: make(map[*Split]int, len(splits)), open: make(map[string]Position)}
	for i, s := range splits {
		l.index[s] = i
	}
	return l
}

// next is where reading of a split goes on.
func (l *ledger) next(s *Split) Position {
	if p, ok := l.open[s.ID]; ok {
		return p
	}
	return Position{Offset: s.Start, Byte: -1}
}

// record enters a batch whose rows all have an outcome.
func (l *ledger) record(b *Batch, c Counts) error {
	if want := l.next(b.Split).Offset; b.First != want || b.Next.Offset < b.First {
		// P1: a gap would be lost records, an overlap doubled ones.
		return fault.New(fault.RunUnbalanced, "batch [%d, %d) of %s follows offset %d", b.First, b.Next.Offset, b.Split.ID, want)
	}
	if !c.Balanced() {
		return fault.New(fault.RunUnbalanced, "batch [%d, %d) of %s: read %d, delivered %d, dead %d, dropped %d",
			b.First, b.Next.Offset, b.Split.ID, c.Read, c.Delivered, c.Dead, c.Dropped)
	}
	l.open[b.Split.ID] = b.Next
	l.counts.Add(c)
	return nil
}

// end enters that a split is read to its end.
func (l *ledger) end(s *Split) {
	l.done = max(l.done, l.index[s]+1)
	delete(l.open, s.ID)
}
