package kernel

// PackInt8 puts the weights of a linear layer, out rows of in components each as checkpoints have them, into panels:
// for each Columns of them, for each Group of components, Column by Column.
func PackInt8(weights []int8, in, out int) []int8 {
	packed := make([]int8, 0, len(weights))
	for column := 0; column < out; column += Columns {
		for d := 0; d < in; d += Group {
			for j := column; j < column+Columns; j++ {
				packed = append(packed, weights[j*in+d:][:Group]...)
			}
		}
	}
	return packed
}

// PackFloat puts the weights of a linear layer, out rows of in components each, into panels: for each Columns of them,
// for each component, column by column.
func PackFloat(weights []float32, in, out int) []float32 {
	packed := make([]float32, 0, len(weights))
	for column := 0; column < out; column += Columns {
		for d := range in {
			for j := column; j < column+Columns; j++ {
				packed = append(packed, weights[j*in+d])
			}
		}
	}
	return packed
}

// MulInt8 sets c (rows × out) to the product of a (rows × in, 0 to Most) and a matrix of PackInt8. The slices must be
// as long as that, out a multiple of Columns, and in one of Group, MaxDepth at most.
func MulInt8(c []int32, a []uint8, packed []int8, rows, in, out int) {
	if in == 0 || in%Group != 0 || in > MaxDepth || out%Columns != 0 || len(packed) != in*out || len(a) < rows*in || len(c) < rows*out {
		panic("kernel: the matrices of an int8 product don't fit together")
	}
	if rows == 0 {
		return
	}
	for column := 0; column < out; column += Columns {
		mulInt8(c[column:], a, packed[column*in:][:Columns*in], rows, in, out)
	}
}

// MulFloat sets c (rows × out) to the product of a (rows × in) and a matrix of PackFloat. It fuses operations.
func MulFloat(c, a, packed []float32, rows, in, out int) {
	if in == 0 || out%Columns != 0 || len(packed) != in*out || len(a) < rows*in || len(c) < rows*out {
		panic("kernel: the matrices of a product don't fit together")
	}
	if rows == 0 {
		return
	}
	for column := 0; column < out; column += Columns {
		mulFused(c[column:], a, packed[column*in:][:Columns*in], shape{rows, in, in, Columns, out})
	}
}

// Matrix is a part of a larger row-major matrix: rows of it begin Stride components after one another.
type Matrix struct {
	Data   []float32
	Stride int
}

// MulPanel sets the first Columns columns of c to the product of a (rows × depth) and the first Columns columns of b
// (depth × Columns). It rounds after each operation.
func MulPanel(c, a, b Matrix, rows, depth int) {
	if rows == 0 {
		return
	}
	if depth == 0 || len(a.Data) < (rows-1)*a.Stride+depth || len(b.Data) < (depth-1)*b.Stride+Columns ||
		len(c.Data) < (rows-1)*c.Stride+Columns {
		panic("kernel: the matrices of a product don't fit together")
	}
	mulExact(c.Data, a.Data, b.Data, shape{rows, depth, a.Stride, b.Stride, c.Stride})
}

// shape is that of a product of rows × depth by depth × Columns, with the distances from row to row in components.
type shape struct{ rows, depth, a, b, c int }
