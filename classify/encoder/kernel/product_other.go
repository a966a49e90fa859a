//go:build !amd64 && !arm64

package kernel

func mulInt8(c []int32, a []uint8, panel []int8, rows, in, stride int) {
	mulInt8Go(c, a, panel, rows, in, stride)
}
func mulFused(c, a, b []float32, s shape) { mulExactGo(c, a, b, s) }
func mulExact(c, a, b []float32, s shape) { mulExactGo(c, a, b, s) }
