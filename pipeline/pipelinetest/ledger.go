package pipelinetest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/pipeline"
)

// Ledger judges a run: every record that went in has exactly one outcome, outputs keep the order of their split, and
// nothing else came out. Enter what went in, then what came out, and ask Check.
type Ledger struct {
	place    map[string]place // of each id that went in
	order    []string         // ids in input order
	outcomes map[string][]string
	dead     int64
	dropped  int64
	out      int64
	disorder []string
}

type place struct {
	split string
	index int
}

// NewLedger returns an empty ledger.
func NewLedger() *Ledger {
	return &Ledger{place: map[string]place{}, outcomes: map[string][]string{}}
}

// In enters the ids of a split's records in order. Ids are unique over all splits.
func (l *Ledger) In(split string, ids ...string) {
	for _, id := range ids {
		if _, doubled := l.place[id]; doubled {
			panic("pipelinetest: the input has the id " + id + " twice")
		}
		l.place[id] = place{split, len(l.order)}
		l.order = append(l.order, id)
	}
}

// InSource enters everything that a MemSource gives.
func (l *Ledger) InSource(s *MemSource) {
	for i := range s.Sizes {
		l.In(s.SplitID(i), s.IDs(i)...)
	}
}

// Out enters the ids of an output in the order in which they stand in it.
func (l *Ledger) Out(output string, ids ...string) {
	l.out += int64(len(ids))
	l.enter(output, ids)
}

// Dead enters the ids of dead letters in the order in which they stand there.
func (l *Ledger) Dead(ids ...string) {
	l.dead += int64(len(ids))
	l.enter("dead letters", ids)
}

// Drop enters ids that a rule took out.
func (l *Ledger) Drop(ids ...string) {
	l.dropped += int64(len(ids))
	for _, id := range ids {
		l.outcomes[id] = append(l.outcomes[id], "dropped")
	}
}

func (l *Ledger) enter(output string, ids []string) {
	last := map[string]string{} // by split
	for _, id := range ids {
		l.outcomes[id] = append(l.outcomes[id], output)
		p, known := l.place[id]
		if !known {
			continue
		}
		if before, ok := last[p.split]; ok && l.place[before].index > p.index {
			l.disorder = append(l.disorder, fmt.Sprintf("%s: %s comes after %s", output, id, before))
		}
		last[p.split] = id
	}
}

// Check returns what is wrong, nil where nothing is.
func (l *Ledger) Check() error {
	var lost, doubled, foreign []string
	for _, id := range l.order {
		switch got := l.outcomes[id]; len(got) {
		case 0:
			lost = append(lost, id)
		case 1:
		default:
			doubled = append(doubled, fmt.Sprintf("%s (%s)", id, strings.Join(got, ", ")))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(l.outcomes)) {
		if _, known := l.place[id]; !known {
			foreign = append(foreign, fmt.Sprintf("%s (%s)", id, strings.Join(l.outcomes[id], ", ")))
		}
	}
	return errors.Join(
		some(lost, "lost"), some(doubled, "with more than one outcome"),
		some(foreign, "that never went in"), some(l.disorder, "out of order"),
	)
}

// CheckCounts compares a pipeline's counters with what came out.
func (l *Ledger) CheckCounts(c pipeline.Counts) error {
	want := pipeline.Counts{Read: int64(len(l.order)), Delivered: l.out, Dead: l.dead, Dropped: l.dropped, Blank: c.Blank}
	if c != want {
		return fmt.Errorf("counted %+v, but found %+v", c, want)
	}
	if !c.Balanced() {
		return fmt.Errorf("counts don't balance: %+v", c)
	}
	return nil
}

// some formats up to ten items.
func some(items []string, what string) error {
	if len(items) == 0 {
		return nil
	}
	shown := items[:min(len(items), 10)]
	more := ""
	if n := len(items) - len(shown); n > 0 {
		more = fmt.Sprintf(", and %d more", n)
	}
	return fmt.Errorf("%d records %s: %s%s", len(items), what, strings.Join(shown, ", "), more)
}

// DiffLines says where two outputs differ first, for people: nil where they are equal.
func DiffLines(want, got []byte) error {
	if string(want) == string(got) {
		return nil
	}
	w, g := strings.SplitAfter(string(want), "\n"), strings.SplitAfter(string(got), "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Errorf("line %d of %d is\n  %q\nwant, of %d,\n  %q", i+1, len(g), g[i], len(w), w[i])
		}
	}
	return fmt.Errorf("%d lines, want %d; the shorter is the start of the longer", len(g), len(w))
}

// DiffSets compares two multisets: nil where they are equal.
func DiffSets[T cmp.Ordered](want, got []T) error {
	counts := map[T]int{}
	for _, v := range want {
		counts[v]++
	}
	for _, v := range got {
		counts[v]--
	}
	var missing, extra []string
	for _, v := range slices.Sorted(maps.Keys(counts)) {
		if n := counts[v]; n > 0 {
			missing = append(missing, fmt.Sprintf("%v ×%d", v, n))
		} else if n < 0 {
			extra = append(extra, fmt.Sprintf("%v ×%d", v, -n))
		}
	}
	return errors.Join(some(missing, "missing"), some(extra, "too many"))
}
