package kernel

import (
	"math/rand/v2"
	"testing"

	"github.com/winnow-stream/winnow/classify/cpu"
)

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

// TestFused: machines with AVX-512 give the bits of those with AVX2, in fused products too.
func TestFused(t *testing.T) {
	if !cpu.AVX512 {
		t.Skip("needs AVX-512")
	}
	r := rand.New(rand.NewPCG(7, 8))
	for rows := 1; rows < 20; rows++ {
		s := shape{rows, 384, 384, Columns, Columns}
		a, b := draw(r, rows*s.a), draw(r, s.depth*s.b)
		want, got := make([]float32, rows*s.c), make([]float32, rows*s.c)
		mulFMA(&want[0], &a[0], &b[0], s.rows, s.depth, s.a, s.b, s.c)
		mulFMA512(&got[0], &a[0], &b[0], s.rows, s.depth, s.a, s.b, s.c)
		if !same(want, got) {
			t.Fatalf("fused products of %+v differ", s)
		}
	}
}
