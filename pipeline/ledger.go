package pipeline

import (
	"maps"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// ledger keeps, for each split, which offsets have their outcome. Batches reach it in order, so the contiguous low
// watermark of a split is simply the end of its last batch: the ledger's work is to prove that, batch by batch. A
// commit never passes what it holds. Only the writer uses it.
type ledger struct {
	splits []*Split
	index  map[*Split]int
	done   int                 // splits[:done] are read to their end
	open   map[string]Position // low watermarks of splits after those, by ID
	counts Counts

	// A stream's splits are fenced by assignment: each one is a new *Split.
	spans map[*Split]*Span // of the epoch
	at    map[*Split]int64 // where the last epoch ended

	// What done and open were when the last epoch ended, and up to where the last one that covered anything has its splits.
	settledDone int
	settledOpen map[string]Position
	last        map[string]int64
}

func newLedger(splits []*Split) *ledger {
	l := &ledger{
		splits: splits, index: make(map[*Split]int, len(splits)), open: make(map[string]Position),
		spans: make(map[*Split]*Span), at: make(map[*Split]int64),
	}
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
	want := l.next(b.Split).Offset
	if b.Streamed {
		want = l.span(b).Next
	}
	if b.First != want || b.Next.Offset < b.First {
		// P1: a gap would be lost records, an overlap doubled ones.
		return fault.New(fault.RunUnbalanced, "batch [%d, %d) of %s follows offset %d", b.First, b.Next.Offset, b.Split.ID, want)
	}
	if !c.Balanced() {
		return fault.New(fault.RunUnbalanced, "batch [%d, %d) of %s: read %d, delivered %d, dead %d, dropped %d",
			b.First, b.Next.Offset, b.Split.ID, c.Read, c.Delivered, c.Dead, c.Dropped)
	}
	l.counts.Add(c)
	s := l.span(b)
	s.Next = b.Next.Offset
	s.Counts.Add(c)
	if !b.Streamed {
		l.open[b.Split.ID] = b.Next
	}
	return nil
}

// end enters that a split is read to its end.
func (l *ledger) end(s *Split) {
	l.done = max(l.done, l.index[s]+1)
	delete(l.open, s.ID)
}

// span is the epoch's part of a batch's split; it begins where the split's last one ended, or with the batch.
func (l *ledger) span(b *Batch) *Span {
	s := l.spans[b.Split]
	if s == nil {
		first, ok := l.at[b.Split]
		if !ok {
			first = b.First
		}
		s = &Span{Split: b.Split, First: first, Next: first}
		l.spans[b.Split] = s
	}
	return s
}

func (s *Span) addRows(sink string, rows int64) {
	if s.sinks == nil {
		s.sinks = make(map[string]int64)
	}
	s.sinks[sink] += rows
}

func (s *Span) addTally(proto *tallyProto, t *Tally) {
	if s.tally.Labels == nil {
		s.tally = proto.empty()
	}
	s.tally.Add(t)
}

// spanList is what the epoch covers, by split.
func (l *ledger) spanList() []*Span {
	list := slices.Collect(maps.Values(l.spans))
	slices.SortFunc(list, func(a, b *Span) int { return strings.Compare(a.Split.ID, b.Split.ID) })
	return list
}

// reached is up to where the epoch has its splits, or the last one before that covered anything.
func (l *ledger) reached() map[string]int64 {
	if len(l.spans) == 0 {
		return l.last
	}
	reached := make(map[string]int64, len(l.spans))
	for split, s := range l.spans {
		reached[split.ID] = s.Next
	}
	return reached
}

// settle enters that the epoch is committed.
func (l *ledger) settle() {
	l.last = l.reached()
	for split, s := range l.spans {
		l.at[split] = s.Next
	}
	clear(l.spans)
	l.settledDone, l.settledOpen = l.done, maps.Clone(l.open)
}

// fence takes a split out of the epoch: another process has gone on with it.
func (l *ledger) fence(split *Split) {
	if s := l.spans[split]; s != nil {
		l.counts.Sub(s.Counts)
		delete(l.spans, split)
	}
	delete(l.at, split)
}

// rewind forgets the epoch, and where a stream's splits stand: the source says where it goes on.
func (l *ledger) rewind() {
	clear(l.spans)
	clear(l.at)
	l.done, l.open = l.settledDone, maps.Clone(l.settledOpen)
}

// forget drops splits that this process does not hold any more.
func (l *ledger) forget(held []Holding) {
	maps.DeleteFunc(l.at, func(s *Split, _ int64) bool {
		return !slices.ContainsFunc(held, func(h Holding) bool { return h.Split == s })
	})
}
