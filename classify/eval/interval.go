package eval

import "math"

// Interval is where a measure lies with 95 % confidence.
type Interval [2]Score

// z95 is the standard normal's 0.975 quantile.
const z95 = 1.959963984540054

// Wilson is the 95 % score interval of a share of rows (Wilson 1927). It holds for few rows and for shares near 0 or 1.
func Wilson(right, rows int64) Interval {
	if rows == 0 {
		return Interval{Score(math.NaN()), Score(math.NaN())}
	}
	n, p := float64(rows), float64(right)/float64(rows)
	scale := 1 + z95*z95/n
	middle := (p + z95*z95/(2*n)) / scale
	half := z95 / scale * math.Sqrt(p*(1-p)/n+z95*z95/(4*n*n))
	return Interval{Score(max(middle-half, 0)), Score(min(middle+half, 1))}
}
