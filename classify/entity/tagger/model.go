package tagger

import (
	"math"
	"sync"

	"github.com/winnow-stream/winnow/classify/entity"
	"github.com/winnow-stream/winnow/classify/static"
)

// Model is a trained tagger. It does not change and is safe for concurrent use.
type Model struct {
	trained
	table   *static.Table
	version string
	index   index     // attribute to row
	factors []float64 // of transitions: e^weight
	pool    sync.Pool // *scratch
}

var _ entity.Finder = (*Model)(nil)

// trained is what a file holds.
type trained struct {
	types       []string
	labels      int
	tuning      tuning
	keys        []uint64  // attributes, ascending
	scales      []float32 // by row: what a weight of 1 stands for
	weights     []int8    // rows × labels
	groups      *clusters
	transitions []float64 // labels × labels, from × to
}

// Types are the names of the types that Span.Type refers to, sorted.
func (m *Model) Types() []string { return m.types }

// Version is a hash over everything that decides what is found.
func (m *Model) Version() string { return m.version }

// Find appends the spans of a text to dst, sorted and without overlaps. It keeps no reference to the text. A text of 2 GiB
// or more has no spans.
func (m *Model) Find(dst []Span, text string) []Span {
	s := m.pool.Get().(*scratch)
	for s.begin(text); m.next(text, s); {
		s.pieces = s.chain.spans(s.pieces[:0], m.tuning.Threshold)
		for _, p := range s.chooser.choose(s.pieces, s.chain.n, m.tuning.Threshold) {
			x := s.span(p)
			x.Confidence = m.tuning.confidence(p.p)
			dst = append(dst, x)
		}
	}
	m.pool.Put(s)
	return dst
}

// candidates returns every span of a text that any threshold could choose, in order of first tokens.
func (m *Model) candidates(text string, s *scratch) (out []candidate) {
	for s.begin(text); m.next(text, s); {
		for _, p := range s.chain.spans(nil, leastThreshold) {
			c := candidate{p, s.span(p)}
			c.first += int32(s.from)
			c.last += int32(s.from)
			out = append(out, c)
		}
	}
	return out
}

// begin cuts a text into tokens; a text of 2 GiB or more has none.
func (s *scratch) begin(text string) {
	s.tokens, s.from, s.to = s.tokens[:0], 0, 0
	if len(text) <= math.MaxInt32 {
		s.tokens = Tokenize(s.tokens, text)
	}
}

// next computes the probabilities of the text's next chain; false: there is none.
func (m *Model) next(text string, s *scratch) bool {
	s.from = s.to
	if s.from == len(s.tokens) {
		return false
	}
	s.to += chainEnd(text, s.tokens[s.from:])
	m.score(text, s.tokens[s.from:s.to], s)
	s.chain.forward()
	s.chain.backward()
	return true
}

// span is a piece of the chain at hand in its text.
func (s *scratch) span(p piece) Span {
	return Span{Start: s.tokens[s.from+int(p.first)].Start, End: s.tokens[s.from+int(p.last)].End, Type: p.typ}
}

// score fills the weights of a chain's positions.
func (m *Model) score(text string, tokens []Token, s *scratch) {
	L := m.labels
	s.entries, s.around = s.entries[:0], s.around[:0]
	var letters, title, upper int
	for range reach {
		s.around = append(s.around, s.bound.brief)
	}
	for i, t := range tokens {
		e := m.entry(text[t.Start:t.End], i, s)
		s.entries = append(s.entries, e)
		s.around = append(s.around, e.brief)
		e.brief.form.count(&letters, &title, &upper)
	}
	for range reach {
		s.around = append(s.around, s.bound.brief)
	}
	c := casingOf(letters, title, upper)
	s.chain.reset(len(tokens))
	var sums [1 + 2*maxTypes]float32
	for i := range tokens {
		sum := sums[:L]
		clear(sum)
		for k := range offsets {
			e := &s.bound
			if at := i + k - reach; at >= 0 && at < len(tokens) {
				e = s.entries[at]
			}
			for l, v := range e.scores[k*L:][:L] {
				sum[l] += v
			}
		}
		s.keys = contexts(s.keys[:0], s.around, i+reach, c)
		for _, a := range s.keys {
			m.add(sum, a)
		}
		for l, v := range sum {
			s.chain.emit[i*L+l] = float64(v)
		}
	}
}

// entry returns the entry of a token, the i-th of its chain.
func (m *Model) entry(token string, i int, s *scratch) *entry {
	var e *entry
	if len(token) <= maxWord {
		e = &s.cache[hash(0, []byte(token))%cacheSize]
		if string(e.token[:e.size]) == token {
			return e
		}
		for _, other := range s.entries {
			if other == e { // a token before needs it until the chain is done
				e = nil
				break
			}
		}
	}
	if e == nil {
		e = &s.spare[i]
	} else {
		e.size = uint8(copy(e.token[:], token))
	}
	w := s.speller.spell(token)
	m.groups.mark(w, s.vectors.embed(token, w), s.dots)
	m.fill(e, w)
	return e
}

// fill sets an entry to a word's scores at each offset.
func (m *Model) fill(e *entry, w *word) {
	L := m.labels
	e.brief = brief{w.low, w.shape, w.cluster, w.form}
	if e.scores == nil {
		e.scores = make([]float32, offsets*L)
	}
	clear(e.scores)
	for k := range offsets {
		sum := e.scores[k*L:][:L]
		for _, a := range w.near {
			m.add(sum, salt(a, k))
		}
		if k == reach {
			for _, a := range w.own {
				m.add(sum, a)
			}
		}
	}
}

// add adds the weights of an attribute.
func (m *Model) add(sum []float32, attribute uint64) {
	r := m.index.row(attribute)
	if r < 0 {
		return
	}
	scale := m.scales[r]
	for l, v := range m.weights[int(r)*m.labels:][:m.labels] {
		sum[l] += float32(scale * float32(v))
	}
}
