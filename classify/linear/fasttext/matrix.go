package fasttext

import "github.com/winnow-stream/winnow/classify/linear/fasttext/kernel"

// Matrix is a dense matrix of float32, row-major. Each row is padded with zeros to a multiple of kernel.Lanes.
type Matrix struct {
	Rows, Dim int
	Stride    int       // components from one row to the next
	Data      []float32 // Rows × Stride
}

// NewMatrix makes a matrix of zeros, which takes memory as its rows are first written.
func NewMatrix(rows, dim int) *Matrix { return newMatrix(rows, dim, 0) }

// newMatrix makes a matrix of zeros with room for more rows.
func newMatrix(rows, dim, spare int) *Matrix {
	stride := kernel.Pad(dim)
	return &Matrix{rows, dim, stride, make([]float32, (rows+spare)*stride)[:rows*stride]}
}

// UseLargePages asks the system to keep the matrix in pages of 2 MiB, where it can. Rows are read at random: with small
// pages most reads of a large matrix would first wait for the page table. It pays for a matrix most of whose pages will be
// written, and has to come before that. It is a wish; nothing depends on it.
func (m *Matrix) UseLargePages() { useLargePages(m.extended()) }

// Row is one row with its padding, in place.
func (m *Matrix) Row(i int) []float32 { return m.Data[i*m.Stride:][:m.Stride:m.Stride] }

// extended is the matrix with the spare rows that it was made with.
func (m *Matrix) extended() []float32 { return m.Data[:cap(m.Data)] }
