package kernel

import "math"

// Quantize writes x in 7 bits to q, which is as long: x ≈ scale × (q − zero). The smallest and largest component, or 0
// where all lie on one side of it, become 0 and Most.
func Quantize(q []uint8, x []float32) (scale float32, zero int32) {
	if len(q) != len(x) || len(x)%Columns != 0 || len(x) == 0 {
		panic("kernel: a row's length is no multiple of Columns")
	}
	low, high := extremes(x)
	low, high = min(low, 0), max(high, 0)
	scale = (high - low) / Most
	inverse := Most / (high - low)
	if !(inverse > 0 && inverse <= math.MaxFloat32) { // all zeros, as good as that, or not numbers any more
		clear(q)
		return 0, 0
	}
	zero = int32(math.RoundToEven(float64(-low * inverse)))
	quantize(q, x, inverse, zero)
	return scale, zero
}

// Dequantize turns a row of an int8 product into float32: y = (sum − zero × columns) × scale × scales + bias, where
// columns are the sums of the matrix's columns, scales what their weights are to be multiplied by, and scale and zero
// those of the row that was multiplied.
func Dequantize(y []float32, sums, columns []int32, scales, bias []float32, scale float32, zero int32) {
	if n := len(y); n%Columns != 0 || n == 0 || len(sums) != n || len(columns) != n || len(scales) != n || len(bias) != n {
		panic("kernel: rows of different lengths")
	}
	dequantize(y, sums, columns, scales, bias, scale, zero)
}

// GELU replaces each x by x × Φ(x), with an error below 1e-6 × max(1, |x|).
func GELU(x []float32) {
	if len(x)%Columns != 0 || len(x) == 0 {
		panic("kernel: a row's length is no multiple of Columns")
	}
	gelu(x)
}

// AddNorm adds y to x and normalizes the sum: mean 0, variance 1 (of which epsilon is added to the denominator), then
// times gain plus bias. All are equally long.
func AddNorm(x, y, gain, bias []float32, epsilon float32) {
	if n := len(x); n%Columns != 0 || n == 0 || len(y) != n || len(gain) != n || len(bias) != n {
		panic("kernel: rows of different lengths")
	}
	addNorm(x, y, gain, bias, epsilon)
}

// Add adds y to x, which is as long.
func Add(x, y []float32) {
	if n := len(x); n%Columns != 0 || n == 0 || len(y) != n {
		panic("kernel: rows of different lengths")
	}
	add(x, y)
}
