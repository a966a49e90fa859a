package kernel

import "github.com/winnow-stream/winnow/classify/cpu"

func forms() []form {
	all := []form{goForm}
	if cpu.AVX2 {
		avx2 := form{
			name: "avx2",
			mulInt8: func(c []int32, a []uint8, panel []int8, rows, in, stride int) {
				mulInt8AVX2(&c[0], &a[0], &panel[0], rows, in, stride)
			},
			mulExact: func(c, a, b []float32, s shape) { mulAVX2(&c[0], &a[0], &b[0], s.rows, s.depth, s.a, s.b, s.c) },
			mulFused: mulExact,
			extremes: extremes, quantize: quantize, dequantize: dequantize, gelu: gelu, addNorm: addNorm, add: add,
		}
		if cpu.FMA {
			avx2.mulFused = func(c, a, b []float32, s shape) { mulFMA(&c[0], &a[0], &b[0], s.rows, s.depth, s.a, s.b, s.c) }
		}
		all = append(all, avx2)
	}
	return append(all, form{"dispatched", mulInt8, mulExact, mulFused, extremes, quantize, dequantize, gelu, addNorm, add})
}
