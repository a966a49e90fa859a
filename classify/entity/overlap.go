package entity

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// settle sorts spans, of which it keeps those that win where they overlap; or with cover, one over all that do. It works in
// place.
func settle(spans []Span, cover bool) []Span {
	if len(spans) < 2 {
		return spans
	}
	slices.SortFunc(spans, byPlace)
	kept := spans[:0]
	for i := 0; i < len(spans); {
		end, next := spans[i].End, i+1
		for next < len(spans) && spans[next].Start < end {
			end = max(end, spans[next].End)
			next++
		}
		switch overlapping := spans[i:next]; {
		case len(overlapping) == 1:
			kept = append(kept, spans[i])
		case cover:
			s := slices.MinFunc(overlapping, byRank)
			s.Start, s.End = spans[i].Start, end
			kept = append(kept, s)
		default:
			kept = append(kept, winners(overlapping)...)
		}
		i = next
	}
	return kept
}

// winners takes the best of spans that overlap again and again, as long as there are any. It works in place.
func winners(spans []Span) []Span {
	slices.SortFunc(spans, byRank)
	kept := spans[:1]
	for _, s := range spans[1:] {
		at, _ := slices.BinarySearchFunc(kept, s.Start, func(k Span, start int32) int { return cmp.Compare(k.Start, start) })
		if at < len(kept) && kept[at].Start < s.End || at > 0 && kept[at-1].End > s.Start {
			continue
		}
		kept = kept[:len(kept)+1] // at most where s stood
		copy(kept[at+1:], kept[at:])
		kept[at] = s
	}
	return kept
}

func byPlace(a, b Span) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End)) }

// byRank puts the span first that wins: the longer one, then the one of the lower rank, then the earlier.
func byRank(a, b Span) int {
	return cmp.Or(cmp.Compare(b.End-b.Start, a.End-a.Start), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Start, b.Start))
}

// boundary reports whether no code point lies across an offset.
func boundary(text string, at int) bool { return at == len(text) || utf8.RuneStart(text[at]) }
