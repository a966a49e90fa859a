package kernel_test

import (
	"fmt"

	"github.com/winnow-stream/winnow/classify/encoder/kernel"
)

// A linear layer of 16 outputs, each twice its input, in int8.
func Example() {
	const n = 16
	weights, columns, scales, bias := make([]int8, n*n), make([]int32, n), make([]float32, n), make([]float32, n)
	for i := range n {
		weights[i*n+i], columns[i], scales[i] = 2, 2, 1
	}
	x, q, sums := make([]float32, n), make([]uint8, n), make([]int32, n)
	x[0], x[1] = 127, 64

	scale, zero := kernel.Quantize(q, x)
	kernel.MulInt8(sums, q, kernel.PackInt8(weights, n, n), 1, n, n)
	kernel.Dequantize(x, sums, columns, scales, bias, scale, zero)
	fmt.Println(x[:3])
	// Output: [254 128 0]
}
