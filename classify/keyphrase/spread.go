package keyphrase

import (
	"slices"
	"strings"
	"unicode"

	"github.com/winnow-stream/winnow/classify"
)

// spread chooses tags by maximal marginal relevance (Carbonell and Goldstein, 1998): each time the finalist of which
// (1−diversity)·relevance − diversity·(greatest likeness to a chosen one) is largest. Likeness is the cosine of the
// vectors or the share of common words, whichever is more. A phrase whose words are all in a chosen one, or the other way
// round, is never chosen beside it.
func (s *scratch) spread(text string, most int, diversity float64, tags *Tags) {
	slices.SortStableFunc(s.order(), func(a, b int32) int { return better(s.groups[a], s.groups[b]) })
	n := len(s.groups)
	if cap(s.likeness) < n {
		s.likeness = make([]float64, n)
	}
	s.likeness = s.likeness[:n]
	clear(s.likeness)
	for len(tags.List) < most {
		best, value := -1, 0.0
		for _, i := range s.chosen {
			if s.likeness[i] >= 1 || s.groups[i].score <= 0 {
				continue
			}
			v := s.groups[i].score
			if len(tags.List) > 0 {
				v = float64((1-diversity)*v) - float64(diversity*s.likeness[i])
			}
			if best < 0 || v > value {
				best, value = int(i), v
			}
		}
		if best < 0 {
			return
		}
		g := &s.groups[best]
		tags.List = append(tags.List, Tag{
			Text: spaced(text[g.start:g.end]), Score: classify.RoundConfidence(g.score), Count: int(g.count),
		})
		s.near(best)
	}
}

// order returns the finalists' indexes in s.chosen, to be sorted: their vectors stay where they are.
func (s *scratch) order() []int32 {
	s.chosen = s.chosen[:0]
	for i := range s.groups {
		s.chosen = append(s.chosen, int32(i))
	}
	return s.chosen
}

// near raises each finalist's likeness to what has been chosen by that to the newest.
func (s *scratch) near(newest int) {
	if s.english {
		s.vectors.like(newest, len(s.groups))
	}
	for i := range s.groups {
		like := overlap(&s.groups[newest], &s.groups[i])
		if s.english && like < 1 {
			// Another phrase with the same vector is not the same phrase.
			like = max(like, min(cosine(s.vectors.near[i]), 0.99))
		}
		s.likeness[i] = max(s.likeness[i], like)
	}
}

// overlap is the share of the shorter phrase's words that are in the longer one.
func overlap(a, b *group) float64 {
	if a.words > b.words {
		a, b = b, a
	}
	common := 0
	for _, w := range a.parts[:a.words] {
		if slices.Contains(b.parts[:b.words], w) {
			common++
		}
	}
	return float64(common) / float64(a.words)
}

// spaced copies a phrase, with single spaces.
func spaced(phrase string) string {
	odd := func(r rune) bool { return r != ' ' && unicode.IsSpace(r) }
	if !strings.Contains(phrase, "  ") && strings.IndexFunc(phrase, odd) < 0 {
		return strings.Clone(phrase)
	}
	return strings.Join(strings.Fields(phrase), " ")
}
