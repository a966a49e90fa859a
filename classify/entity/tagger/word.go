package tagger

import (
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"
)

// form is what a token is made of, as far as that can be told without its neighbours.
type form uint8

const (
	formLower  form = iota // letters without an upper-case one
	formTitle              // an upper-case letter in front of others
	formUpper              // two upper-case letters or more, and no others
	formLetter             // one upper-case letter
	formMixed              // upper-case letters further on, such as iPhone
	formNumber             // digits, and no letters
	formURL
	formHandle
	formTag
	formMark  // no letters or digits
	formBound // the place before a chain's first token or behind its last one
	forms
)

// word is a token with the attributes that it has by itself. Attributes are hashes of what is observed; those of a
// neighbour are told apart from a token's own by the offset.
type word struct {
	near    []uint64 // attributes for it and for those up to reach tokens away
	own     []uint64 // attributes for it alone
	low     uint64   // of its letters in lower case
	shape   uint64   // of its shape, runs shortened
	cluster uint64   // of its cluster of vectors
	form    form
}

// speller finds the attributes of tokens. Its buffers are reused; it is not safe for concurrent use.
type speller struct {
	lower  []byte
	starts []int // of the code points of lower, and its length
	shape  []byte
	word   word
}

// templates of attributes; the value is part of saved models.
const (
	aLow = iota + 1
	aExact
	aShape
	aLongShape
	aForm
	aPrefix
	aSuffix
	aGram
	aLength
	aCluster
	aBound
	cBefore // pairs of a token's and its neighbours' values from here on
	cAfter
	cShapeBefore
	cShapeAfter
	cShapes
	cLowShape
	cShapeLow
	cClusterBefore
	cClusterAfter
	cCluster2Shape
	cShapeCluster
	cCasing
	cFirst
	cLast
	cAround
)

// mix joins two numbers to one hash.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x9e3779b97f4a7c15, b^0xd6e8feb86659fd93)
	return hi ^ lo
}

// hash is a hash of a template and bytes.
func hash(template uint64, s []byte) uint64 {
	h := mix(template, uint64(len(s)))
	for len(s) >= 8 {
		h = mix(h, uint64(s[0])|uint64(s[1])<<8|uint64(s[2])<<16|uint64(s[3])<<24|uint64(s[4])<<32|uint64(s[5])<<40|uint64(s[6])<<48|uint64(s[7])<<56)
		s = s[8:]
	}
	var last uint64
	for i, b := range s {
		last |= uint64(b) << (8 * i)
	}
	return mix(h, last)
}

// bound is the word beyond a chain's ends.
func (s *speller) bound() *word {
	w := &s.word
	*w = word{near: append(w.near[:0], mix(aBound, 0)), own: w.own[:0], low: mix(aBound, 1), shape: mix(aBound, 2), cluster: mix(aBound, 3), form: formBound}
	return w
}

// spell returns the attributes of a token, its clusters aside. What it returns is valid until the next call.
func (s *speller) spell(token string) *word {
	w := &s.word
	w.near, w.own, w.cluster = w.near[:0], w.own[:0], 0
	w.form = formOf(token)
	s.fold(token)
	w.low = hash(aLow, s.lower)
	s.shapeOf(token)
	w.shape = hash(aShape, s.shape)
	w.near = append(w.near, mix(aForm, uint64(w.form)))
	switch w.form {
	case formURL, formHandle:
		w.low, w.shape = mix(aForm, uint64(w.form)), mix(aForm, uint64(w.form))
		return w
	}
	w.near = append(w.near, w.low, w.shape)
	w.own = append(w.own, hash(aExact, []byte(token)))
	if w.form == formMark {
		return w
	}
	n := len(s.starts) - 1
	if n >= 3 {
		w.near = append(w.near, hash(aSuffix, s.lower[s.starts[n-3]:]), hash(aPrefix, s.lower[:s.starts[3]]))
	}
	for k := 1; k <= 5; k++ {
		if k != 3 && n >= k {
			w.own = append(w.own, hash(aPrefix, s.lower[:s.starts[k]]), hash(aSuffix, s.lower[s.starts[n-k]:]))
		}
	}
	for k := 3; k <= 4; k++ {
		for i := 1; i+k < n; i++ {
			w.own = append(w.own, hash(aGram, s.lower[s.starts[i]:s.starts[i+k]]))
		}
	}
	s.longShapeOf(token)
	w.own = append(w.own, hash(aLongShape, s.shape), mix(aLength, uint64(min(n, 12))))
	if w.form == formTag {
		w.own = append(w.own, hash(aLow, s.lower[1:]))
	}
	return w
}

// fold fills lower and starts with the first maxWord code points of a token.
func (s *speller) fold(token string) {
	s.lower, s.starts = s.lower[:0], s.starts[:0]
	for i, r := range token {
		if i >= maxWord {
			break
		}
		s.starts = append(s.starts, len(s.lower))
		switch {
		case r < utf8.RuneSelf:
			if asciiClass[r]&classUpper != 0 {
				r |= 0x20
			}
			s.lower = append(s.lower, byte(r))
		case r == '’':
			s.lower = append(s.lower, '\'')
		default:
			s.lower = utf8.AppendRune(s.lower, unicode.ToLower(r))
		}
	}
	s.starts = append(s.starts, len(s.lower))
}

// shapeOf fills shape: X for upper case, x for other letters, d for digits, other characters as they are; runs of one
// have one sign.
func (s *speller) shapeOf(token string) {
	s.shape = s.shape[:0]
	last := rune(-1)
	for i, r := range token {
		if i >= maxWord {
			break
		}
		r = shapeRune(r)
		if r != last {
			s.shape = utf8.AppendRune(s.shape, r)
		}
		last = r
	}
}

// longShapeOf fills shape with every sign, the first 10.
func (s *speller) longShapeOf(token string) {
	s.shape = s.shape[:0]
	n := 0
	for _, r := range token {
		if n++; n > 10 {
			break
		}
		s.shape = utf8.AppendRune(s.shape, shapeRune(r))
	}
}

func shapeRune(r rune) rune {
	if r < utf8.RuneSelf {
		switch c := asciiClass[r]; {
		case c&classUpper != 0:
			return 'X'
		case c&classLetter != 0:
			return 'x'
		case c&classDigit != 0:
			return 'd'
		}
		return r
	}
	switch {
	case unicode.IsUpper(r):
		return 'X'
	case unicode.IsLetter(r):
		return 'x'
	case unicode.IsDigit(r):
		return 'd'
	case r == '’':
		return '\''
	}
	return 's'
}

func formOf(token string) form {
	switch {
	case token[0] == '@' && len(token) > 1 && token[1] != '@':
		return formHandle
	case token[0] == '#' && len(token) > 1 && token[1] != '#':
		return formTag
	case strings.Contains(token, "://") || hasFold(token, "www.") && len(token) > 4:
		return formURL
	}
	letters, upper, digits, first := 0, 0, 0, false
	for i, r := range token {
		if i >= maxWord {
			break
		}
		switch shapeRune(r) {
		case 'X':
			first = first || letters == 0
			upper++
			letters++
		case 'x':
			letters++
		case 'd':
			digits++
		}
	}
	switch {
	case letters == 0 && digits == 0:
		return formMark
	case letters == 0:
		return formNumber
	case upper == 0:
		return formLower
	case letters == 1:
		return formLetter
	case upper == letters:
		return formUpper
	case first && upper == 1:
		return formTitle
	}
	return formMixed
}
