package tagger

import (
	"fmt"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Example is a text with its entities.
type Example struct {
	Text string
	// Entities may come in any order, but may not overlap.
	Entities []Entity
	// Repaired is the number of tags and spans that the reader changed to make sense of them.
	Repaired int
	// Where is where the example was read, for errors.
	Where fault.Where
}

// Entity is a part of an example's text.
type Entity struct {
	// Start and End are offsets in bytes.
	Start, End int
	Type       string
}

// sample is an example as training needs it: entities are sorted, and types are numbers.
type sample struct {
	text  string
	spans []Span
}

// check returns the sorted entities of an example, or what is wrong with them.
func (e *Example) check() ([]Entity, error) {
	all := slices.Clone(e.Entities)
	slices.SortStableFunc(all, func(a, b Entity) int { return a.Start - b.Start })
	tokens := Tokenize(nil, e.Text)
	at := 0
	for i, s := range all {
		switch {
		case strings.TrimSpace(s.Type) == "":
			return nil, e.bad("an entity has no type")
		case len(s.Type) > maxTypeName:
			return nil, e.bad("the name of a type has %d bytes, more than %d", len(s.Type), maxTypeName)
		case s.Start < 0 || s.End > len(e.Text) || s.Start >= s.End:
			return nil, e.bad("an entity goes from byte %d to %d of a text of %d bytes", s.Start, s.End, len(e.Text))
		case i > 0 && s.Start < all[i-1].End:
			return nil, e.bad("the entities %s and %s overlap", e.quote(all[i-1]), e.quote(s))
		}
		for at < len(tokens) && int(tokens[at].End) <= s.Start {
			at++
		}
		if at == len(tokens) || int(tokens[at].Start) != s.Start {
			return nil, e.bad("the entity %s begins inside of a token%s", e.quote(s), e.token(tokens, at))
		}
		last := at
		for last+1 < len(tokens) && int(tokens[last+1].Start) < s.End {
			last++
		}
		if int(tokens[last].End) != s.End {
			return nil, e.bad("the entity %s ends inside of a token%s", e.quote(s), e.token(tokens, last))
		}
	}
	return all, nil
}

func (e *Example) bad(format string, args ...any) *fault.Error {
	return fault.New(fault.TrainSpans, format, args...).At(e.Where)
}

func (e *Example) quote(s Entity) string {
	return fmt.Sprintf("%.60q (%s)", e.Text[max(0, s.Start):min(len(e.Text), s.End)], s.Type)
}

func (e *Example) token(tokens []Token, at int) string {
	if at == len(tokens) {
		return ""
	}
	return fmt.Sprintf(", %.60q", e.Text[tokens[at].Start:tokens[at].End])
}
