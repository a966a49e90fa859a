package eval

import "math"

// Bins is the number of equal-width bins of a reliability plot.
const Bins = 15

// Bin is one bin of a reliability plot: rows whose confidence lies in [From, To); the last bin holds 1 too.
type Bin struct {
	From       float64 `json:"from"`
	To         float64 `json:"to"`
	Count      int64   `json:"count"`
	Confidence Score   `json:"confidence"` // mean
	Accuracy   Score   `json:"accuracy"`
}

// BinCount is what a bin counts: rows, those of them that are right, and the sum of their confidences.
type BinCount struct {
	Rows, Right int64
	Sum         float64
}

// Reliability makes bins of what was counted over equal-width bins, and their expected calibration error.
//
// The error is that of Naeini, Cooper and Hauskrecht (AAAI 2015) as Guo et al. (ICML 2017) use it: over the confidence
// of the answer that was given, Σ rows/all · |accuracy − mean confidence|. Guo's bins are closed on the right, these on
// the left: a confidence of exactly 0.2, 0.4, 0.6 or 0.8 is in the upper bin.
func Reliability(counts []BinCount) ([]Bin, Score) {
	out := make([]Bin, len(counts))
	var gap, rows float64
	for i, c := range counts {
		out[i] = Bin{
			From: float64(i) / float64(len(counts)), To: float64(i+1) / float64(len(counts)), Count: c.Rows,
			Confidence: Ratio(c.Sum, float64(c.Rows)), Accuracy: ratio(c.Right, c.Rows),
		}
		if c.Rows > 0 {
			gap += math.Abs(c.Sum - float64(c.Right))
			rows += float64(c.Rows)
		}
	}
	return out, Ratio(gap, rows)
}

// bins sums a histogram up into Bins bins.
func (h *histogram) bins() []BinCount {
	counts := make([]BinCount, Bins)
	var sums [Bins]int64
	h.down(func(u unit, t tally) {
		i := min(int(u)*Bins/int(one), Bins-1)
		counts[i].Rows += t.rows
		counts[i].Right += t.right
		sums[i] += int64(u) * t.rows
	})
	for i := range counts {
		counts[i].Sum = float64(sums[i]) / float64(one)
	}
	return counts
}
