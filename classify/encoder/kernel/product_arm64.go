package kernel

import "github.com/winnow-stream/winnow/classify/cpu"

//go:noescape
func mulInt8Dot(c *int32, a *uint8, panel *int8, rows, in, stride int)

//go:noescape
func mulFMA(c, a, b *float32, rows, depth, strideA, strideB, strideC int)

//go:noescape
func mulNEON(c, a, b *float32, rows, depth, strideA, strideB, strideC int)

func mulInt8(c []int32, a []uint8, panel []int8, rows, in, stride int) {
	if !cpu.Dot {
		mulInt8Go(c, a, panel, rows, in, stride)
		return
	}
	mulInt8Dot(&c[0], &a[0], &panel[0], rows, in, stride)
}

func mulFused(c, a, b []float32, s shape) {
	mulFMA(&c[0], &a[0], &b[0], s.rows, s.depth, s.a, s.b, s.c)
}

func mulExact(c, a, b []float32, s shape) {
	mulNEON(&c[0], &a[0], &b[0], s.rows, s.depth, s.a, s.b, s.c)
}
