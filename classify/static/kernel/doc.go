// Package kernel holds the inner loops of static embeddings: weighted sums of int8 rows, scaling to unit length, dot
// products. Every loop is exact integer arithmetic, or single IEEE 754 operations in an order that is fixed, so that its
// results are the same bits on every machine: the AVX-512 and AVX2 forms on amd64, which are chosen when the program
// starts, and the Go form everywhere else.
//
// A vector of unit length is stored as int16 components times Unit. Dimensions are a multiple of Lanes.
package kernel

const (
	// Unit is the length of a stored unit vector. It leaves room for rounding: no component exceeds 32767, and no dot
	// product of two vectors, nor any part of one, exceeds 2³¹.
	Unit = 32766
	// Lanes is what dimensions must be a multiple of: four 512-bit words of int32.
	Lanes = 64
	// Block is what the number of rows of Dots must be a multiple of.
	Block = 4
	// MaxTokens is the largest number of rows that Sum may add before its int32 sums must be taken out:
	// 512 × 127 × 32767 < 2³¹.
	MaxTokens = 512
)
