package conflict

import (
	"cmp"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// Conflict is a text under two labels.
type Conflict struct {
	First, Second int // indexes of the examples, First being where the text comes first
}

// Listed is how many conflicts are listed at most.
const Listed = 1000

// Find returns, in the order of the examples, the first conflicts among n examples, and how many there are in all. Texts
// that differ in white space at their ends alone are one text. Each example is held against the first one with its text;
// same tells whether two examples have the same labels.
func Find(n int, text func(i int) string, same func(a, b int) bool) (found []Conflict, total int) {
	type entry struct {
		hash uint64
		at   int32
	}
	all := make([]entry, n)
	for i := range all {
		all[i] = entry{xxhash.Sum64String(strings.TrimSpace(text(i))), int32(i)}
	}
	slices.SortFunc(all, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.at, b.at))
	})
	for i := 0; i < n; {
		first := all[i]
		for i++; i < n && all[i].hash == first.hash; i++ {
			a, b := int(first.at), int(all[i].at)
			if !same(a, b) && strings.TrimSpace(text(a)) == strings.TrimSpace(text(b)) {
				found = append(found, Conflict{a, b})
			}
		}
	}
	slices.SortFunc(found, func(a, b Conflict) int {
		return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Second, b.Second))
	})
	return found[:min(len(found), Listed)], len(found)
}
