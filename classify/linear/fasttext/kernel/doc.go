// Package kernel holds the inner loops of linear models over float32: averages of rows, scores of labels, softmax, and
// the steps of stochastic gradient descent.
//
// Each loop is a fixed sequence of single IEEE 754 operations, never fused, so that the AVX2 form on amd64 and the Go
// form everywhere else give the same bits. Average and Scores add in the order of fastText's own loops and give the
// bits that its build for plain x86-64 gives.
//
// Vectors and rows are padded with zeros to a multiple of Lanes.
package kernel

const (
	// Lanes is what the padded length of a vector or row is a multiple of: a 256-bit word of float32.
	Lanes = 8
	// Width is the largest number of columns of a block of Scores, Narrow what its number is a multiple of.
	Width  = 96
	Narrow = 32
)
