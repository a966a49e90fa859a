// Package kernel holds the inner loops of a transformer encoder: products of matrices in int8 and float32, and what
// lies between them row by row (quantizing, GELU, layer normalization).
//
// Each has a form in Go, and assembly for amd64 that is chosen when the program starts. Everything but MulFloat gives
// the same bits in each form: sums of integers are exact, and operations on float32 are single IEEE 754 operations in an
// order that is fixed. MulFloat fuses multiplication and addition where the machine can, so its last bits are the
// machine's; its order of sums is fixed as well. So a row of a product depends on that row and the matrix alone,
// whichever rows stand beside it.
//
// Matrices are row-major. The right one of a product is cut into panels of Columns columns, so that the loops read it
// from beginning to end: PackInt8 and PackFloat.
//
// Int8 products take activations of 7 bits, 0 to Most, and weights from −127 to 127: a sum of two of their products fits
// into 16 bits, where VPMADDUBSW of AVX2 would saturate, and the bytes mean the same to instructions that take the
// left side as signed (docs/decisions/0013).
package kernel

const (
	// Columns is the width of a panel, and what widths of matrices and vectors must be a multiple of.
	Columns = 16
	// Group is how many components of a column lie together in an int8 panel: depths must be a multiple of it.
	Group = 4
	// Most is the largest quantized activation.
	Most = 127
	// MaxDepth is the largest depth of an int8 product. Its sums, and what Dequantize takes off for the zero, together
	// fit into int32: 2 × 2¹⁶ × 127 × 127 < 2³¹.
	MaxDepth = 1 << 16
)
