package entity

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// kind is a type of Patterns: an index into PatternTypes.
type kind int32

const (
	kindUUID kind = iota
	kindIBAN
	kindCard
	kindIP
	kindEmail
	kindURL
	kindDate
	kindTime
	kindMoney
	kindPercent
	kindPhone
	kindHandle
	kindHashtag
	kindCount
)

var patternTypes = [kindCount]string{
	"uuid", "iban", "card", "ip", "email", "url", "date", "time", "money", "percent", "phone", "handle", "hashtag",
}

// PatternTypes are the types of Patterns; of two equally long spans that overlap, the one whose type stands first wins.
func PatternTypes() []string { return slices.Clone(patternTypes[:]) }

// numbers are the types that compete for the digits of a text. Whoever asks for one of them gets it only where none of
// the others fits better, so Patterns looks for all of them then.
var numbers = set(kindUUID, kindIBAN, kindCard, kindIP, kindDate, kindTime, kindMoney, kindPercent, kindPhone)

type kinds uint32

func set(ks ...kind) (s kinds) {
	for _, k := range ks {
		s |= 1 << k
	}
	return s
}

func (s kinds) has(k kind) bool { return s&(1<<k) != 0 }

// Patterns finds what has a form and can be checked: see PatternTypes, and docs/entities.md for what each type takes.
type Patterns struct {
	wanted kinds
}

var (
	_ Finder    = (*Patterns)(nil)
	_ Selective = (*Patterns)(nil)
)

// patternVersion changes when the same text would give other spans.
const patternVersion = 1

// NewPatterns looks for the types named, and for those that compete with them; without a name for all. Names that it
// does not know are left out.
func NewPatterns(types ...string) *Patterns {
	p := &Patterns{}
	for i, name := range patternTypes {
		if len(types) == 0 || slices.Contains(types, name) {
			p.wanted |= set(kind(i))
		}
	}
	if p.wanted&numbers != 0 {
		p.wanted |= numbers
	}
	return p
}

// Types are PatternTypes, whichever are looked for.
func (p *Patterns) Types() []string { return patternTypes[:] }

// Version tells the patterns and what is looked for.
func (p *Patterns) Version() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "patterns %d %b", patternVersion, p.wanted))
	return hex.EncodeToString(sum[:6])
}

// MinConfidence leaves out what is more likely something else.
func (p *Patterns) MinConfidence() float64 { return leastConfidence }

// leastConfidence is what an entity needs where nothing else is said.
const leastConfidence = 0.5

// Find looks at each byte once; where one may belong to an entity, a scanner of its type looks around it.
func (p *Patterns) Find(dst []Span, text string) []Span {
	s := scan{text: text, wanted: p.wanted, found: dst}
	for i := 0; i < len(text); {
		c := text[i]
		if class[c]&isTrigger == 0 {
			i++
			continue
		}
		switch c {
		case '@':
			s.at(i)
		case '#':
			s.hash(i)
		case ':':
			s.colon(i)
		case '.':
			s.dot(i)
		case '-':
			s.dash(i)
		default:
			i = s.digits(i)
			continue
		}
		i++
	}
	return s.found
}

// scan is one pass over a text.
type scan struct {
	text   string
	wanted kinds
	found  []Span

	// Up to where a scanner has looked already, so that none looks at a byte again and again.
	urlEnd, hostEnd, groupEnd int
}

func (s *scan) add(k kind, start, end int, confidence float32) {
	if s.wanted.has(k) {
		s.found = append(s.found, Span{Start: int32(start), End: int32(end), Type: int32(k), Confidence: confidence})
	}
}
