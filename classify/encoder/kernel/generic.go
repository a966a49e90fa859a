package kernel

import "math"

func mulInt8Go(c []int32, a []uint8, panel []int8, rows, in, stride int) {
	for i := range rows {
		var sums [Columns]int32
		row := a[i*in:][:in]
		for d := 0; d < in; d += Group {
			x := [Group]int32{int32(row[d]), int32(row[d+1]), int32(row[d+2]), int32(row[d+3])}
			w := (*[Columns * Group]int8)(panel[d*Columns:])
			for j := range Columns {
				sums[j] += x[0]*int32(w[j*Group]) + x[1]*int32(w[j*Group+1]) + x[2]*int32(w[j*Group+2]) + x[3]*int32(w[j*Group+3])
			}
		}
		copy(c[i*stride:], sums[:])
	}
}

// mulExactGo multiplies by one panel; each product and each sum is rounded by itself: conversions forbid to fuse them.
func mulExactGo(c, a, b []float32, s shape) {
	for i := range s.rows {
		var sums [Columns]float32
		for d, x := range a[i*s.a:][:s.depth] {
			for j, w := range b[d*s.b:][:Columns] {
				sums[j] += float32(x * w)
			}
		}
		copy(c[i*s.c:], sums[:])
	}
}

func extremesGo(x []float32) (low, high float32) {
	low, high = x[0], x[0]
	for _, v := range x {
		low, high = min(low, v), max(high, v)
	}
	return low, high
}

func quantizeGo(q []uint8, x []float32, inverse float32, zero int32) {
	for i, v := range x {
		n := int32(math.RoundToEven(float64(v*inverse))) + zero
		q[i] = uint8(max(0, min(n, Most)))
	}
}

func dequantizeGo(y []float32, sums, columns []int32, scales, bias []float32, scale float32, zero int32) {
	for j, s := range sums {
		y[j] = float32(float32(s-zero*columns[j])*float32(scale*scales[j])) + bias[j]
	}
}

// The error function is an odd rational function on [−erfEnd, erfEnd] and constant outside: Eigen's coefficients
// (generic_fast_erf_float), which are within 4e-7 of it.
const (
	erfEnd = 4
	erfP0  = -2.72614225801306e-10
	erfP1  = 2.77068142495902e-08
	erfP2  = -2.10102402082508e-06
	erfP3  = -5.69250639462346e-05
	erfP4  = -7.34990630326855e-04
	erfP5  = -2.95459980854025e-03
	erfP6  = -1.60960333262415e-02
	erfQ0  = -1.45660718464996e-05
	erfQ1  = -2.13374055278905e-04
	erfQ2  = -1.68282697438203e-03
	erfQ3  = -7.37332916720468e-03
	erfQ4  = -1.42647390514189e-02
)

func geluGo(x []float32) {
	for i, v := range x {
		u := max(-erfEnd, min(float32(v*(math.Sqrt2/2)), erfEnd))
		s := u * u
		p := float32(s*erfP0) + erfP1
		p = float32(p*s) + erfP2
		p = float32(p*s) + erfP3
		p = float32(p*s) + erfP4
		p = float32(p*s) + erfP5
		p = float32(p*s) + erfP6
		p *= u
		q := float32(s*erfQ0) + erfQ1
		q = float32(q*s) + erfQ2
		q = float32(q*s) + erfQ3
		q = float32(q*s) + erfQ4
		h := float32(v * 0.5)
		x[i] = h + float32(h*float32(p/q))
	}
}

func addNormGo(x, y, gain, bias []float32, epsilon float32) {
	var lanes [Columns]float32
	for i := 0; i < len(x); i += Columns {
		for k := range Columns {
			v := x[i+k] + y[i+k]
			x[i+k] = v
			lanes[k] += v
		}
	}
	n := float32(len(x))
	mean := pairwise(&lanes) / n
	lanes = [Columns]float32{}
	for i := 0; i < len(x); i += Columns {
		for k := range Columns {
			v := x[i+k] - mean
			x[i+k] = v
			lanes[k] += float32(v * v)
		}
	}
	factor := 1 / float32(math.Sqrt(float64(pairwise(&lanes)/n+epsilon)))
	for i, v := range x {
		x[i] = float32(float32(v*factor)*gain[i]) + bias[i]
	}
}

func addGo(x, y []float32) {
	for i, v := range y {
		x[i] += v
	}
}

// pairwise adds up lanes: each to the one half of them behind it.
func pairwise(lanes *[Columns]float32) float32 {
	for n := Columns / 2; n > 0; n /= 2 {
		for k := range n {
			lanes[k] += lanes[k+n]
		}
	}
	return lanes[0]
}
