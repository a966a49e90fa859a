package eval

import "math"

// Point is one step of a coverage–accuracy curve: what is answered when every answer below Confidence is withheld, and
// how much of that is right. 1 − accuracy over coverage is the risk–coverage curve (El-Yaniv and Wiener, 2010).
type Point struct {
	Confidence float64 `json:"confidence"`
	Coverage   Score   `json:"coverage"` // of rows with a gold label
	Accuracy   Score   `json:"accuracy"` // of what is answered
}

// curve makes about curvePoints points, highest confidence first, for a histogram of answered rows among all rows.
func (h *histogram) curve(rows int64) []Point {
	var points []Point
	var sum tally
	step := int64(0)
	h.down(func(u unit, t tally) {
		sum.rows += t.rows
		sum.right += t.right
		if sum.rows*curvePoints < step*rows && sum.rows < h.all.rows {
			return
		}
		step = sum.rows*curvePoints/rows + 1
		points = append(points, Point{float64(u) / float64(one), ratio(sum.rows, rows), ratio(sum.right, sum.rows)})
	})
	return points
}

// aurc is the area under the risk–coverage curve (Geifman, Uziel and El-Yaniv, 2019): the mean over i of the share of
// wrong rows among the i most confident ones; lower is better. Rows of equal confidence count as in the mean of all their
// orders. Rows without an answer come last, as wrong. It is unknown without any confidence.
func (h *histogram) aurc(rows int64) Score {
	if h.all.rows == 0 {
		return Score(math.NaN())
	}
	var before tally
	area := 0.0
	group := func(t tally) {
		wrong, share := float64(before.rows-before.right), float64(t.rows-t.right)/float64(t.rows)
		for i := int64(1); i <= t.rows; i++ {
			area += (wrong + share*float64(i)) / float64(before.rows+i)
		}
		before.rows += t.rows
		before.right += t.right
	}
	h.down(func(_ unit, t tally) { group(t) })
	if null := rows - h.all.rows; null > 0 {
		group(tally{rows: null})
	}
	return Ratio(area, float64(rows))
}

// auroc is the probability that a row of in is more confident than one of out, ties counted half (Mann–Whitney). Rows
// without an answer have confidence 0.
func auroc(in, out *histogram, nullIn, nullOut int64) Score {
	all := float64(in.all.rows+nullIn) * float64(out.all.rows+nullOut)
	var below [int(one) + 1]int64 // rows of out by confidence
	out.down(func(u unit, t tally) { below[u] = t.rows })
	below[0] += nullOut
	level := below
	sum := int64(0)
	for u := range below {
		sum += below[u]
		below[u] = sum - level[u]
	}
	wins := float64(nullIn) * float64(level[0]) / 2
	in.down(func(u unit, t tally) { wins += float64(t.rows) * (float64(below[u]) + float64(level[u])/2) })
	return Ratio(wins, all)
}
