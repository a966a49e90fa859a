package kernel

import (
	"fmt"
	"math"
)

// Table is what Sum reads. Make it by NewTable, which checks what the assembly takes for granted.
type Table struct {
	dim     int
	rows    []byte  // two's complement, one row of dim components for each id
	weights []int16 // one for each id, 0 to 32767
}

// NewTable makes a table over rows (len(weights) × dim int8 components, row-major) and weights. It keeps both.
func NewTable(dim int, rows []byte, weights []int16) (*Table, error) {
	if dim <= 0 || dim%Lanes != 0 {
		return nil, fmt.Errorf("%d dimensions are no multiple of %d", dim, Lanes)
	}
	if len(weights) == 0 || len(rows)/dim != len(weights) || len(rows)%dim != 0 {
		return nil, fmt.Errorf("%d bytes are not %d rows of %d", len(rows), len(weights), dim)
	}
	for id, w := range weights {
		if w < 0 {
			return nil, fmt.Errorf("the weight of row %d is negative", id)
		}
	}
	return &Table{dim, rows, weights}, nil
}

// Dim is the number of components of a row.
func (t *Table) Dim() int { return t.dim }

// Len is the number of rows.
func (t *Table) Len() int { return len(t.weights) }

// Prefetch asks for the rows of ids, the first prefetchMost of them, to be brought near. It changes nothing.
func (t *Table) Prefetch(ids []uint32) { prefetch(t, ids[:min(len(ids), prefetchMost)]) }

// prefetchMost rows of 256 bytes are half of a small first-level cache.
const prefetchMost = 64

// Sum sets acc, of Dim components, to the sum of weight × row over ids: at most MaxTokens of them, all below Len.
func (t *Table) Sum(acc []int32, ids []uint32) {
	if len(acc) != t.dim || len(ids) > MaxTokens {
		panic("kernel: acc is not of the table's dimensions, or too many ids")
	}
	sum(acc, t, ids)
}

// Scale writes acc, scaled to the length Unit and rounded to nearest even, to x, which is as long: a multiple of Lanes.
// It returns false when acc is zero.
func Scale(x []int16, acc []int32) bool {
	if len(x) != len(acc) || len(acc)%Lanes != 0 || len(acc) == 0 {
		panic("kernel: vectors of different or odd lengths")
	}
	s := squares(acc)
	if s == 0 {
		return false
	}
	round(x, acc, Unit/float32(math.Sqrt(float64(s))))
	return true
}

// Dots sets out[j] to the dot product of x and the j-th of rows, which are as long as x and follow one another. The
// number of rows is a multiple of Block: pad them with zeros.
func Dots(out []int32, x, rows []int16) {
	if len(out)%Block != 0 || len(x)%Lanes != 0 || len(out)*len(x) != len(rows) || len(rows) == 0 {
		panic("kernel: rows are not of the vector's length, or no multiple of Block")
	}
	dots(out, x, rows)
}
