//go:build !amd64

package kernel

func extremes(x []float32) (low, high float32)                     { return extremesGo(x) }
func quantize(q []uint8, x []float32, inverse float32, zero int32) { quantizeGo(q, x, inverse, zero) }
func gelu(x []float32)                                             { geluGo(x) }
func addNorm(x, y, gain, bias []float32, epsilon float32)          { addNormGo(x, y, gain, bias, epsilon) }
func add(x, y []float32)                                           { addGo(x, y) }

func dequantize(y []float32, sums, columns []int32, scales, bias []float32, scale float32, zero int32) {
	dequantizeGo(y, sums, columns, scales, bias, scale, zero)
}
