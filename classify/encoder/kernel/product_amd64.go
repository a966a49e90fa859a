package kernel

import "github.com/winnow-stream/winnow/classify/cpu"

//go:noescape
func mulInt8AVX2(c *int32, a *uint8, panel *int8, rows, in, stride int)

//go:noescape
func mulInt8VNNI(c *int32, a *uint8, panel *int8, rows, in, stride int)

//go:noescape
func mulFMA(c, a, b *float32, rows, depth, strideA, strideB, strideC int)

//go:noescape
func mulAVX2(c, a, b *float32, rows, depth, strideA, strideB, strideC int)

//go:noescape
func mulFMA512(c, a, b *float32, rows, depth, strideA, strideB, strideC int)

//go:noescape
func mulAVX512(c, a, b *float32, rows, depth, strideA, strideB, strideC int)

func mulInt8(c []int32, a []uint8, panel []int8, rows, in, stride int) {
	switch {
	case cpu.VNNI:
		mulInt8VNNI(&c[0], &a[0], &panel[0], rows, in, stride)
	case cpu.AVX2:
		mulInt8AVX2(&c[0], &a[0], &panel[0], rows, in, stride)
	default:
		mulInt8Go(c, a, panel, rows, in, stride)
	}
}

func mulFused(c, a, b []float32, s shape) {
	switch {
	case cpu.AVX512:
		mulFMA512(&c[0], &a[0], &b[0], s.rows, s.depth, s.a, s.b, s.c)
	case cpu.FMA:
		mulFMA(&c[0], &a[0], &b[0], s.rows, s.depth, s.a, s.b, s.c)
	default:
		mulExact(c, a, b, s)
	}
}

func mulExact(c, a, b []float32, s shape) {
	switch {
	case cpu.AVX512:
		mulAVX512(&c[0], &a[0], &b[0], s.rows, s.depth, s.a, s.b, s.c)
	case cpu.AVX2:
		mulAVX2(&c[0], &a[0], &b[0], s.rows, s.depth, s.a, s.b, s.c)
	default:
		mulExactGo(c, a, b, s)
	}
}
