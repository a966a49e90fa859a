//go:build !amd64

package kernel

func forms() []form {
	return []form{goForm, {"dispatched", mulInt8, mulExact, mulFused, extremes, quantize, dequantize, gelu, addNorm, add}}
}
