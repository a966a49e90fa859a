package kernel

import "math"

// Table is what Sum reads: Rows holds one row of Dim int8 components for each id, Weights one weight of 0..32767.
type Table struct {
	Dim     int
	Rows    []byte // two's complement
	Weights []int16
}

// Sum sets acc to the sum of weight × row over ids, at most MaxTokens of them, all of them inside of the table.
func Sum(acc []int32, t *Table, ids []uint32) { sum(acc, t, ids) }

// Scale writes acc, scaled to the length Unit and rounded to nearest even, to x. It returns false when acc is zero.
func Scale(x []int16, acc []int32) bool {
	s := squares(acc)
	if s == 0 {
		return false
	}
	round(x, acc, Unit/float32(math.Sqrt(float64(s))))
	return true
}

// Dots sets out[j] to the dot product of x and the j-th of the rows, which are as long as x and follow one another.
func Dots(out []int32, x, rows []int16) { dots(out, x, rows) }
