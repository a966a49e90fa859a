package eval

import (
	"math"
	"math/rand/v2"
)

// logChoose is ln(n choose k).
func logChoose(n, k int64) float64 {
	a, _ := math.Lgamma(float64(n) + 1)
	b, _ := math.Lgamma(float64(k) + 1)
	c, _ := math.Lgamma(float64(n-k) + 1)
	return a - b - c
}

// binomialTail is the probability of at most k heads in n throws of a fair coin.
func binomialTail(k, n int64) float64 {
	p := math.Exp(logChoose(n, k) - float64(n)*math.Ln2)
	sum := 0.0
	for ; k >= 0; k-- {
		sum += p
		p *= float64(k) / float64(n-k+1)
	}
	return sum
}

// binomial draws how many of n trials succeed with probability p each, by inversion from the most likely count outwards:
// about as many steps as the standard deviation.
func binomial(rng *rand.Rand, n int64, p float64) int64 {
	if n == 0 || p <= 0 {
		return 0
	}
	if p >= 1 {
		return n
	}
	mode := int64(float64(n+1) * p)
	odds := p / (1 - p)
	low, high := mode, mode
	below := math.Exp(logChoose(n, mode) + float64(mode)*math.Log(p) + float64(n-mode)*math.Log1p(-p))
	above := below
	u := rng.Float64() - below
	for u > 0 && (low > 0 || high < n) && above+below > 1e-20 { // what rounding leaves goes to the ends
		if high < n {
			above *= float64(n-high) / float64(high+1) * odds
			high++
			if u -= above; u <= 0 {
				return high
			}
		}
		if low > 0 {
			below *= float64(low) / float64(n-low+1) / odds
			low--
			if u -= below; u <= 0 {
				return low
			}
		}
	}
	return mode
}
