package encoder

import (
	"math"
	"unsafe"

	"github.com/winnow-stream/winnow/classify/encoder/kernel"
)

// linear is a layer y = x·W + b.
type linear interface {
	// apply sets y (rows × out) to the layer's answer to x (rows × in).
	apply(y, x []float32, rows int, s *scratch)
	// size is the bytes of its weights.
	size() int64
}

// floatLinear has its weights in float32.
type floatLinear struct {
	in, out int
	panels  []float32
	bias    []float32
}

func (l *floatLinear) apply(y, x []float32, rows int, _ *scratch) {
	kernel.MulFloat(y, x, l.panels, rows, l.in, l.out)
	for i := range rows {
		kernel.Add(y[i*l.out:][:l.out], l.bias)
	}
}

func (l *floatLinear) size() int64 { return 4 * int64(len(l.panels)+len(l.bias)) }

// int8Linear has its weights in int8 with a scale for each output. Inputs are quantized as they come, each row by
// itself.
type int8Linear struct {
	in, out int
	panels  []int8
	columns []int32   // sum of each output's weights
	scales  []float32 // of each output's weights
	bias    []float32
}

func (l *int8Linear) apply(y, x []float32, rows int, s *scratch) {
	for first := 0; first < rows; first += blockRows {
		n := min(blockRows, rows-first)
		for i := range n {
			s.scales[i], s.zeros[i] = kernel.Quantize(s.quantized[i*l.in:][:l.in], x[(first+i)*l.in:][:l.in])
		}
		kernel.MulInt8(s.sums, s.quantized, l.panels, n, l.in, l.out)
		for i := range n {
			kernel.Dequantize(y[(first+i)*l.out:][:l.out], s.sums[i*l.out:][:l.out], l.columns, l.scales, l.bias, s.scales[i], s.zeros[i])
		}
	}
}

func (l *int8Linear) size() int64 {
	return int64(len(l.panels)) + 4*int64(len(l.columns)+len(l.scales)+len(l.bias))
}

// quantizeLinear makes an int8 layer of weights (out × in, as checkpoints have them). Weights become integers from −127
// to 127, with one scale for each output.
func quantizeLinear(weights, bias []float32, in int) *int8Linear {
	out := len(bias)
	l := &int8Linear{in: in, out: out, columns: make([]int32, out), bias: bias}
	q := make([]int8, len(weights))
	l.scales = quantizeRows(q, weights, in)
	for j := range out {
		for _, v := range q[j*in:][:in] {
			l.columns[j] += int32(v)
		}
	}
	l.panels = kernel.PackInt8(q, in, out)
	return l
}

// quantizeRows rounds each row of x to integers from −127 to 127 and returns their scales.
func quantizeRows(q []int8, x []float32, width int) (scales []float32) {
	scales = make([]float32, len(x)/width)
	for j := range scales {
		row := x[j*width:][:width]
		var top float32
		for _, v := range row {
			top = max(top, v, -v)
		}
		scale := top / kernel.Most
		if scale == 0 {
			continue // the row is zero, or rounds to it
		}
		scales[j] = scale
		for i, v := range row {
			q[j*width+i] = int8(max(-kernel.Most, min(math.RoundToEven(float64(v/scale)), kernel.Most)))
		}
	}
	return scales
}

// signed and unsigned see the same bytes as the other type.
func signed(b []byte) []int8 {
	return unsafe.Slice((*int8)(unsafe.Pointer(unsafe.SliceData(b))), len(b))
}

func unsigned(b []int8) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(b))), len(b))
}
