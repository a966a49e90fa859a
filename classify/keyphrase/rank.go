package keyphrase

import (
	"cmp"
	"math"
	"slices"
)

// Limits of what is weighed.
const (
	// finalists are weighed by their vectors; those below are far too rare or late to win by similarity.
	finalists = 192
	// plenty phrases are so many that those seen once, beyond the text's head, are left out before anything else.
	plenty = 4096
)

// group is a candidate: the forms of one phrase.
type group struct {
	fold       uint64
	count      uint32 // of all forms
	first      uint32 // where any form was first seen
	start, end uint32 // of the best form
	best       uint32 // its count
	nested     uint32 // occurrences of the candidates that are one word longer and hold this one
	words      uint8
	caps       uint8
	parts      [maxParts]uint64 // folds of its words, as far as there is room
	frequency  float64          // occurrences of its own
	score      float64
}

// maxParts words of a candidate are compared with those of others.
const maxParts = MaxWords

// merge makes groups of the forms.
func (s *scratch) merge(text string, excluded map[uint64]bool) {
	s.groups = s.groups[:0]
	size := minSlots
	for size < 2*s.phrases.used {
		size *= 2
	}
	if cap(s.index) < size {
		s.index = make([]int32, size)
	}
	s.index = s.index[:size]
	clear(s.index)
	for i := range s.phrases.slots {
		e := &s.phrases.slots[i]
		if e.words == 0 || s.phrases.used > plenty && e.count == 1 && e.start >= head || excluded[e.fold] {
			continue
		}
		s.group(e.fold, true).add(e)
	}
	for i := range s.groups {
		s.nest(text, &s.groups[i])
	}
}

// group finds the group of a fold; without one, it creates one or returns nil. It is valid until the next is created.
func (s *scratch) group(fold uint64, create bool) *group {
	mask := len(s.index) - 1
	i := int(fold>>20) & mask
	for ; s.index[i] != 0; i = (i + 1) & mask {
		if g := &s.groups[s.index[i]-1]; g.fold == fold {
			return g
		}
	}
	if !create {
		return nil
	}
	s.groups = append(s.groups, group{fold: fold, first: math.MaxUint32})
	s.index[i] = int32(len(s.groups))
	return &s.groups[len(s.groups)-1]
}

// add takes a form in. What comes out does not depend on the order of forms.
func (g *group) add(e *entry) {
	g.count += e.count
	g.first = min(g.first, e.start)
	better := cmp.Or(cmp.Compare(e.count, g.best), -cmp.Compare(e.caps, g.caps), -cmp.Compare(e.start, g.start))
	if better > 0 {
		g.best, g.caps, g.start, g.end, g.words = e.count, e.caps, e.start, e.end, e.words
	}
}

// nest tells the candidates within g of g.
func (s *scratch) nest(text string, g *group) {
	var words [MaxWords]phrase
	n := 0
	sc := scanner{text: text[g.start:g.end]}
	for n < len(words) && sc.next() {
		word := sc.text[sc.start:sc.end]
		s.folder.read(word)
		words[n] = s.folder.phrase(word, s.english)
		g.parts[n] = words[n].fold
		n++
	}
	if n < 2 {
		return
	}
	for _, within := range [2][]phrase{words[:n-1], words[1:n]} {
		var p phrase
		for _, w := range within {
			p = p.add(w)
		}
		if inner := s.group(p.fold, false); inner != nil {
			inner.nested += g.count
		}
	}
}

// lengths are log₂(words+1)/log₂ 5 by number of words, as constants, since math.Log differs between machines.
var lengths = [MaxWords + 1]float64{0, 0.430677, 0.682606, 0.861353, 1}

// rank leaves the finalists in s.groups, best first, with their scores and vectors.
func (s *scratch) rank(text string) {
	top := 0.0
	for i := range s.groups {
		g := &s.groups[i]
		g.frequency = float64(g.count)
		g.frequency = max(g.frequency-float64(g.nested), ownShare*g.frequency)
		top = max(top, g.frequency)
	}
	most := math.Sqrt(top)
	for i := range s.groups {
		g := &s.groups[i]
		g.score = g.frequency / (g.frequency + most) * early(g.first) * lengths[g.words]
	}
	slices.SortFunc(s.groups, better)
	s.groups = s.groups[:min(len(s.groups), finalists)]
	if s.english {
		s.vectors.read(text, s.groups)
	}
	for i := range s.groups {
		g := &s.groups[i]
		similarity := 1.0
		if s.english && s.vectors.known {
			similarity = s.vectors.toDocument(i)
		}
		g.score = math.Sqrt(math.Sqrt(g.score * similarity))
	}
}

// ownShare is the part of a phrase's occurrences that count as its own at least, even if all are within longer ones: a
// phrase within a run of words that is no term by itself, such as a verb and its object, shall not get lost.
const ownShare = 0.25

// early weighs where a phrase is first seen: 1 at the beginning, 0.7 after 2,000 bytes, 0.4 far behind.
func early(first uint32) float64 {
	return 0.4 + 0.6*2000/(2000+float64(first))
}

// better puts the better of two candidates first, and leaves no order open.
func better(a, b group) int {
	return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.first, b.first), cmp.Compare(b.words, a.words), cmp.Compare(a.fold, b.fold))
}
