package explain

import (
	"cmp"
	"math"
	"slices"

	"github.com/winnow-stream/winnow/classify"
)

// Strongest puts the words of one label in the order of how much they weigh, in either direction, and returns the first
// most of them; 0 is all. Of equal ones the earlier comes first.
func Strongest(of []classify.Word, most int) []classify.Word {
	slices.SortFunc(of, func(a, b classify.Word) int {
		return cmp.Or(cmp.Compare(abs(b.Weight), abs(a.Weight)), cmp.Compare(a.Start, b.Start))
	})
	if most > 0 && len(of) > most {
		return of[:most]
	}
	return of
}

func abs(x float32) float32 { return float32(math.Abs(float64(x))) }

// Relative makes of logarithms of labels' shares, up to what they have in common, those of the odds against the geometric
// mean of the others. One label alone stays as it is.
func Relative(scores []float32) {
	n := len(scores)
	if n < 2 {
		return
	}
	sum := 0.0
	for _, x := range scores {
		sum += float64(x)
	}
	for i, x := range scores {
		scores[i] = x - float32((sum-float64(x))/float64(n-1))
	}
}
