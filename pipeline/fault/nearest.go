package fault

import (
	"errors"
	"strings"
)

// Nearest returns the candidate that a mistyped name most likely means: the one with the fewest insertions, deletions,
// replacements and swaps, letter case aside. It returns "" when none comes closer than a third of the name's length.
func Nearest(name string, candidates []string) string {
	lower := []rune(strings.ToLower(name))
	best, bestDistance := "", max(1, len(lower)/3)+1
	for _, c := range candidates {
		if d := distance(lower, []rune(strings.ToLower(c)), bestDistance); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// distance is the optimal string alignment distance between a and b, or at least limit where it is no less than that.
func distance(a, b []rune, limit int) int {
	if abs(len(a)-len(b)) >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

func abs(n int) int {
	return max(n, -n)
}

// List returns the coded errors in err's tree, in order: what errors.Join gathered, one by one. An error without a
// code counts as internal.
func List(err error) []*Error {
	var list []*Error
	var walk func(error)
	walk = func(err error) {
		if e, ok := err.(*Error); ok { //nolint:errorlint // the tree is walked here
			list = append(list, e)
			return
		}
		if many, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range many.Unwrap() {
				walk(e)
			}
			return
		}
		if inner := errors.Unwrap(err); inner != nil {
			walk(inner)
			return
		}
		list = append(list, New(Internal, "%w", err))
	}
	if err != nil {
		walk(err)
	}
	return list
}
