package eval

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Comparison says whether two classifiers differ on the same rows by more than chance.
type Comparison struct {
	Pairs
	// Difference is the second's accuracy less the first's (multi: exact match), over the paired rows. Interval is where
	// it lies in 95 of 100 bootstrap samples of the rows: percentiles of 10,000 samples, drawn with a fixed seed.
	Difference Score    `json:"difference"`
	Interval   Interval `json:"difference_interval"`
	McNemar    McNemar  `json:"mcnemar"`
}

// McNemar is McNemar's test (1947) of whether the two are wrong on equally many rows.
type McNemar struct {
	// Method is "exact", the two-sided binomial test, up to 1,000 rows that one alone got right, and
	// "chi-squared with continuity correction" (Edwards, 1948) above.
	Method string `json:"method"`
	// Statistic is the smaller of the two counts for the exact test, else χ² of one degree of freedom.
	Statistic Score `json:"statistic"`
	P         Score `json:"p"`
}

// significant is the p below which a difference counts as more than chance.
const significant = 0.05

// Verdict says in a sentence how the comparison came out.
func (c *Comparison) Verdict() string {
	switch {
	case !(c.McNemar.P < significant):
		return "There is no difference that chance could not make."
	case c.Difference > 0:
		return "The second is better by more than chance."
	default:
		return "The first is better by more than chance."
	}
}

const (
	exactUpTo = 1_000
	samples   = 10_000
	seed      = 15
)

// Compare tests pairs.
func Compare(p Pairs) *Comparison {
	c := &Comparison{Pairs: p, Difference: ratio(p.Second-p.First, p.Rows()), McNemar: mcNemar(p.First, p.Second)}
	c.Interval = bootstrap(p)
	return c
}

func mcNemar(first, second int64) McNemar {
	n, least := first+second, min(first, second)
	if n <= exactUpTo {
		return McNemar{"exact", Score(least), Score(min(1, 2*binomialTail(least, n)))}
	}
	d := max(math.Abs(float64(first-second))-1, 0)
	x := d * d / float64(n)
	return McNemar{"chi-squared with continuity correction", Score(x), Score(math.Erfc(math.Sqrt(x / 2)))}
}

// bootstrap resamples the paired rows. Their differences are −1, 0 or 1, so a sample is a draw of how many of each there
// are: as good as drawing rows, at a cost that does not grow with them.
func bootstrap(p Pairs) Interval {
	n := p.Rows()
	if n == 0 {
		return Interval{Score(math.NaN()), Score(math.NaN())}
	}
	rng := rand.New(rand.NewPCG(seed, seed))
	differences := make([]float64, samples)
	for i := range differences {
		first := binomial(rng, n, float64(p.First)/float64(n))
		second := int64(0)
		if n > p.First { // of the rows that are left
			second = binomial(rng, n-first, min(float64(p.Second)/float64(n-p.First), 1))
		}
		differences[i] = float64(second-first) / float64(n)
	}
	slices.Sort(differences)
	return Interval{Score(percentile(differences, 0.025)), Score(percentile(differences, 0.975))}
}

// percentile interpolates between the two nearest of sorted values.
func percentile(sorted []float64, q float64) float64 {
	place := q * float64(len(sorted)-1)
	i := int(place)
	if i == len(sorted)-1 {
		return sorted[i]
	}
	return sorted[i] + (place-float64(i))*(sorted[i+1]-sorted[i])
}
