package prototype

import "math"

// exp is e^x, by the same operations on every machine, unlike math.Exp, which has assembly of its own on some. Its
// error is below 2 ulp for x from -700 to 700; beyond it gives 0 and +Inf.
func exp(x float64) float64 {
	const (
		ln2Hi = 6.93147180369123816490e-01 // fdlibm's split of ln 2
		ln2Lo = 1.90821492927058770002e-10
	)
	switch {
	case x < -700:
		return 0
	case x > 700:
		return math.Inf(1)
	}
	k := math.RoundToEven(float64(x * math.Log2E))
	r := x - float64(k*ln2Hi)
	r -= float64(k * ln2Lo)
	// Taylor's series; at |r| ≤ 0.35 the terms end at 1e-17.
	sum := 1.0
	for i := 13; i > 0; i-- {
		sum = 1 + float64(sum*r)/float64(i)
	}
	return math.Ldexp(sum, int(k))
}

// decay is the table of e^(−d/T), where d ≥ 0 is a difference of two dot products of the kernel: a product of two
// look-ups instead of a call for each label.
type decay struct {
	high [1 << 11]float32
	low  [1 << 10]float32
}

const (
	decayLow   = 10 // bits of a difference that low stands for
	decayDrop  = 10 // bits below that are rounded away: 1e-6 of a cosine
	decayUnits = float64(1<<decayDrop) / unitSquare
)

func newDecay(temperature float64) *decay {
	t := new(decay)
	for i := range t.high {
		t.high[i] = float32(exp(-float64(i) * (1 << decayLow) * decayUnits / temperature))
	}
	for i := range t.low {
		t.low[i] = float32(exp(-float64(i) * decayUnits / temperature))
	}
	return t
}

// at is e^(−d/T) for a difference of up to 2³¹.
func (t *decay) at(d uint32) float32 {
	d = (d + 1<<(decayDrop-1)) >> decayDrop
	return t.high[d>>decayLow&(1<<11-1)] * t.low[d&(1<<decayLow-1)]
}
