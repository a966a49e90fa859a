package entity

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Limits of a list.
const (
	maxSegments = 64   // of a term: how far a text is looked ahead
	maxTerm     = 1000 // bytes
	maxTypes    = 1 << 16
)

// Confidences of terms.
const (
	sureTerm   = 0.95
	shortTerm  = 0.8 // of at most three characters
	shortRunes = 3
)

// Term is an entry of a list.
type Term struct {
	Text string
	Type string
	ID   string // what it is called elsewhere; empty: nothing
}

// List finds terms wherever a text has them as whole words: they begin and end at word boundaries (Unicode Standard Annex
// 29). White space in a term stands for any white space. Of the terms that begin at a place the longest is found, and what
// follows is looked at behind it. A List is built by Add and then only read, by any number of goroutines.
//
// It is a trie over words in one hash table: the key of an entry is the hash of the words from a term's beginning to the
// end of one of them. See docs/decisions/0011-terms-by-hash.md for why it is not an automaton.
type List struct {
	exact bool
	types []string
	ids   bool

	slots  []entry
	used   int
	filter []uint64 // bits of the first words' hashes

	text  []byte // the terms, white space as one blank, one after another
	terms []place
	idEnd []uint32        // nil while no term has an id
	idSum strings.Builder // the ids, one after another
	names map[string]uint16
}

var (
	_ Finder     = (*List)(nil)
	_ Identifier = (*List)(nil)
)

// place is where a term lies in text, and its type: together, so that a match looks at one place in memory.
type place struct {
	start uint32
	size  uint16
	kind  uint16
}

// entry is a slot of the table.
type entry struct {
	key   uint64 // hash of the words; 0: the slot is free
	value uint32 // longerBit, and the index of the term plus one; 0: no term ends here
}

const (
	longerBit   = 1 << 31
	filterBits  = 1 << 22
	firstSlots  = 1 << 10
	maxLoad     = 0.7
	maxListSize = math.MaxInt32
)

// NewList returns a list without terms. exact tells upper case from lower case.
func NewList(exact bool) *List {
	return &List{
		exact: exact, slots: make([]entry, firstSlots), filter: make([]uint64, filterBits/64),
		names: make(map[string]uint16),
	}
}

// Len is the number of terms.
func (l *List) Len() int { return len(l.terms) }

// Types are those of the terms, in the order in which they came.
func (l *List) Types() []string { return l.types }

// HasIDs reports whether a term has one.
func (l *List) HasIDs() bool { return l.ids }

// Version is a hash over the terms.
func (l *List) Version() string {
	h := sha256.New()
	fmt.Fprintf(h, "list 1 %v %q\n", l.exact, l.types)
	h.Write(l.text)
	h.Write([]byte(l.idSum.String()))
	var buf []byte
	for _, t := range l.terms {
		buf = binary.LittleEndian.AppendUint32(buf, t.start)
		buf = binary.LittleEndian.AppendUint16(buf, t.kind)
	}
	for _, n := range l.idEnd {
		buf = binary.LittleEndian.AppendUint32(buf, n)
	}
	h.Write(buf)
	return hex.EncodeToString(h.Sum(nil)[:6])
}

// Add enters a term. It reports false for one that the list has already, whatever its type and id: the first stands. A term
// that can't be one is an entities.list error without a place.
func (l *List) Add(t Term) (fresh bool, err error) {
	text, err := l.normal(t.Text)
	if err != nil {
		return false, err
	}
	kind, ok := l.names[t.Type]
	switch {
	case ok:
	case t.Type == "" || strings.TrimSpace(t.Type) != t.Type || !utf8.ValidString(t.Type):
		return false, fault.New(fault.EntitiesList, "the term %q has no type", t.Text)
	case len(l.types) == maxTypes:
		return false, fault.New(fault.EntitiesList, "there are more than %d types", maxTypes)
	}
	n := len(l.terms)
	if len(l.text)+len(text) > maxListSize || n == maxListSize-1 {
		return false, fault.New(fault.EntitiesList, "the list is larger than %d GiB", maxListSize>>30)
	}
	if (float64(l.used) + maxSegments) > maxLoad*float64(len(l.slots)) {
		l.grow()
	}
	h := uint64(hashSeed)
	var last *entry
	for at, segments := 0, 0; ; {
		s, ok := nextSegment(text, at, l.exact)
		if !ok {
			break
		}
		at = int(s.end)
		if segments++; segments > maxSegments {
			return false, fault.New(fault.EntitiesList, "a term has more than %d words and signs", maxSegments)
		}
		h = step(h, s.hash, s.space)
		if last == nil {
			bit := h % filterBits
			l.filter[bit/64] |= 1 << (bit % 64)
		} else {
			last.value |= longerBit
		}
		if last = l.slot(h); last.key == 0 {
			last.key = h
			l.used++
		}
	}
	if last.value&^longerBit != 0 {
		return false, nil
	}
	if !ok {
		kind = uint16(len(l.types))
		l.names[t.Type] = kind
		l.types = append(l.types, t.Type)
	}
	last.value |= uint32(n) + 1
	l.terms = append(l.terms, place{start: uint32(len(l.text)), size: uint16(len(text)), kind: kind})
	l.text = append(l.text, text...)
	l.addID(t.ID)
	return true, nil
}

// normal is a term with each run of white space as one blank, and none around it.
func (l *List) normal(text string) (string, error) {
	switch {
	case !utf8.ValidString(text):
		return "", fault.New(fault.EntitiesList, "a term is not UTF-8")
	case len(text) > maxTerm:
		return "", fault.New(fault.EntitiesList, "a term is longer than %d bytes", maxTerm)
	}
	plain := true
	for i := range len(text) {
		c := text[i]
		plain = plain && (c > ' ' || c == ' ' && i > 0 && text[i-1] != ' ') && c < utf8.RuneSelf
	}
	if !plain || strings.HasSuffix(text, " ") {
		text = strings.Join(strings.Fields(text), " ")
	}
	if text == "" {
		return "", fault.New(fault.EntitiesList, "a term is empty")
	}
	return text, nil
}

func (l *List) addID(id string) {
	if id != "" && !l.ids {
		l.ids = true
		l.idEnd = make([]uint32, len(l.terms)-1, cap(l.terms))
	}
	if l.ids {
		l.idSum.WriteString(id)
		l.idEnd = append(l.idEnd, uint32(l.idSum.Len()))
	}
}

// step is the hash of words with one more behind them. It is never 0.
func step(h, word uint64, space bool) uint64 {
	if space {
		word ^= spaceSeed
	}
	return mix(h*hashPrime^word) | 1
}

// slot is where an entry is, or is to be.
func (l *List) slot(h uint64) *entry {
	mask := uint64(len(l.slots) - 1)
	i := h >> 20 & mask
	for l.slots[i].key != 0 && l.slots[i].key != h {
		i = (i + 1) & mask
	}
	return &l.slots[i]
}

func (l *List) grow() {
	old := l.slots
	l.slots = make([]entry, 2*len(old))
	for _, e := range old {
		if e.key != 0 {
			*l.slot(e.key) = e
		}
	}
}

// Find appends the terms of a text, from left to right and without overlaps.
func (l *List) Find(dst []Span, text string) []Span {
	if len(l.terms) == 0 || len(text) > math.MaxInt32 {
		return dst
	}
	w := window{text: text, exact: l.exact}
	for {
		s, ok := w.at(0)
		if !ok {
			return dst
		}
		taken := 1
		if term, segments := l.longest(&w, s); segments > 0 {
			last, _ := w.at(segments - 1)
			dst = append(dst, l.span(term, s.start, last.end))
			taken = segments
		}
		w.drop(taken)
	}
}

// longest is the longest term that begins with the window's first segment, and how many segments it has; 0: there is none.
func (l *List) longest(w *window, first segment) (term, segments int) {
	h := step(hashSeed, first.hash, false)
	if bit := h % filterBits; l.filter[bit/64]&(1<<(bit%64)) == 0 {
		return 0, 0
	}
	last := first
	for n := 1; ; n++ {
		e := l.slot(h)
		if at := e.value &^ longerBit; at != 0 && l.same(int(at-1), w.text[first.start:last.end]) {
			term, segments = int(at-1), n
		}
		if e.value&longerBit == 0 { // nothing goes on, or there is no such entry
			return term, segments
		}
		s, ok := w.at(n)
		if !ok {
			return term, segments
		}
		last = s
		h = step(h, s.hash, s.space)
	}
}

// term is a term's text.
func (l *List) term(i int) []byte {
	t := &l.terms[i]
	return l.text[t.start : t.start+uint32(t.size)]
}

// same compares a term with a part of a text: hashes may agree by chance.
func (l *List) same(i int, text string) bool { return sameFolded(l.term(i), text, l.exact) }

func sameFolded(term []byte, text string, exact bool) bool {
	k := 0
	for i := 0; i < len(text); {
		if k == len(term) {
			return false
		}
		a, b := text[i], term[k]
		if a < utf8.RuneSelf && b < utf8.RuneSelf && wordClasses[a] != wcSpace {
			if a != b && (exact || lower[a] != lower[b]) {
				return false
			}
			i++
			k++
			continue
		}
		if n := spaceRune(text, i); n > 0 {
			for n > 0 && i < len(text) {
				i += n
				if i < len(text) {
					n = spaceRune(text, i)
				}
			}
			if b != ' ' {
				return false
			}
			k++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		q, m := utf8.DecodeRune(term[k:])
		if r != q && (exact || foldRune(r) != foldRune(q)) {
			return false
		}
		i += n
		k += m
	}
	return k == len(term)
}

func (l *List) span(term int, start, end int32) Span {
	s := Span{Start: start, End: end, Type: int32(l.terms[term].kind), Confidence: sureTerm}
	if end-start <= shortRunes*utf8.UTFMax && utf8.RuneCount(l.term(term)) <= shortRunes {
		s.Confidence = shortTerm
	}
	if l.ids {
		from := uint32(0)
		if term > 0 {
			from = l.idEnd[term-1]
		}
		s.ID = l.idSum.String()[from:l.idEnd[term]]
	}
	return s
}

// window is the segments of a text from some place on, as far as they were looked at.
type window struct {
	text  string
	exact bool
	next  int // where the segment begins that comes behind the last one
	first int // index of the first segment
	count int
	ring  [maxSegments]segment
}

// at returns a segment counted from the first one; false behind the text's end.
func (w *window) at(i int) (segment, bool) {
	for i >= w.count {
		if w.count == maxSegments {
			return segment{}, false
		}
		s, ok := nextSegment(w.text, w.next, w.exact)
		if !ok {
			w.next = len(w.text)
			return segment{}, false
		}
		w.ring[(w.first+w.count)%maxSegments] = s
		w.count++
		w.next = int(s.end)
	}
	return w.ring[(w.first+i)%maxSegments], true
}

// drop goes on by n segments.
func (w *window) drop(n int) {
	w.first = (w.first + n) % maxSegments
	w.count -= n
}
