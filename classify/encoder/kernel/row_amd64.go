package kernel

import (
	"math"

	"github.com/winnow-stream/winnow/classify/cpu"
)

//go:noescape
func extremesAVX2(x *float32, n int) (low, high float32)

//go:noescape
func quantizeAVX2(q *uint8, x *float32, n int, inverse float32, zero int32)

//go:noescape
func dequantizeAVX2(y *float32, sums, columns *int32, scales, bias *float32, n int, scale float32, zero int32)

//go:noescape
func geluAVX2(x *float32, n int, constants *float32)

//go:noescape
func addNormAVX2(x, y, gain, bias *float32, n int, size, epsilon float32)

//go:noescape
func addAVX2(x, y *float32, n int)

func extremes(x []float32) (low, high float32) {
	if !cpu.AVX2 {
		return extremesGo(x)
	}
	return extremesAVX2(&x[0], len(x))
}

func quantize(q []uint8, x []float32, inverse float32, zero int32) {
	if !cpu.AVX2 {
		quantizeGo(q, x, inverse, zero)
		return
	}
	quantizeAVX2(&q[0], &x[0], len(x), inverse, zero)
}

func dequantize(y []float32, sums, columns []int32, scales, bias []float32, scale float32, zero int32) {
	if !cpu.AVX2 {
		dequantizeGo(y, sums, columns, scales, bias, scale, zero)
		return
	}
	dequantizeAVX2(&y[0], &sums[0], &columns[0], &scales[0], &bias[0], len(y), scale, zero)
}

// geluConstants are the constants of geluGo in the order in which geluAVX2 takes them, 8 times each.
var geluConstants = func() (table [16][8]float32) {
	for i, v := range [...]float32{
		math.Sqrt2 / 2, erfEnd, -erfEnd, erfP0, erfP1, erfP2, erfP3, erfP4, erfP5, erfP6, erfQ0, erfQ1, erfQ2, erfQ3, erfQ4, 0.5,
	} {
		for k := range table[i] {
			table[i][k] = v
		}
	}
	return table
}()

func gelu(x []float32) {
	if !cpu.AVX2 {
		geluGo(x)
		return
	}
	geluAVX2(&x[0], len(x), &geluConstants[0][0])
}

func addNorm(x, y, gain, bias []float32, epsilon float32) {
	if !cpu.AVX2 {
		addNormGo(x, y, gain, bias, epsilon)
		return
	}
	addNormAVX2(&x[0], &y[0], &gain[0], &bias[0], len(x), float32(len(x)), epsilon)
}

func add(x, y []float32) {
	if !cpu.AVX2 {
		addGo(x, y)
		return
	}
	addAVX2(&x[0], &y[0], len(x))
}
