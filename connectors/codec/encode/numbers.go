package encode

import (
	"math"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// newNumbers returns the writer of an array of numbers or booleans; nil for others.
func newNumbers(a arrow.Array, result bool) column {
	switch a := a.(type) {
	case *array.Int8:
		return signed[int8](a.Int8Values())
	case *array.Int16:
		return signed[int16](a.Int16Values())
	case *array.Int32:
		return signed[int32](a.Int32Values())
	case *array.Int64:
		return signed[int64](a.Int64Values())
	case *array.Uint8:
		return unsigned[uint8](a.Uint8Values())
	case *array.Uint16:
		return unsigned[uint16](a.Uint16Values())
	case *array.Uint32:
		return unsigned[uint32](a.Uint32Values())
	case *array.Uint64:
		return unsigned[uint64](a.Uint64Values())
	case *array.Float16:
		return halves{a}
	case *array.Float32:
		if result {
			return probabilities(a.Float32Values())
		}
		return singles(a.Float32Values())
	case *array.Float64:
		return doubles(a.Float64Values())
	case *array.Boolean:
		return booleans{a}
	case *array.Decimal32:
		return newDecimals(a.Values(), a.DataType())
	case *array.Decimal64:
		return newDecimals(a.Values(), a.DataType())
	case *array.Decimal128:
		return newDecimals(a.Values(), a.DataType())
	case *array.Decimal256:
		return newDecimals(a.Values(), a.DataType())
	default:
		return nil
	}
}

type signed[T int8 | int16 | int32 | int64] []T

func (c signed[T]) json(dst []byte, row int) []byte { return strconv.AppendInt(dst, int64(c[row]), 10) }
func (c signed[T]) text(dst []byte, row int) []byte { return c.json(dst, row) }
func (c signed[T]) isText() bool                    { return false }

type unsigned[T uint8 | uint16 | uint32 | uint64] []T

func (c unsigned[T]) json(dst []byte, row int) []byte {
	return strconv.AppendUint(dst, uint64(c[row]), 10)
}
func (c unsigned[T]) text(dst []byte, row int) []byte { return c.json(dst, row) }
func (c unsigned[T]) isText() bool                    { return false }

// probabilities are numbers in [0, 1], written with at most 4 decimals.
type probabilities []float32

func (c probabilities) json(dst []byte, row int) []byte { return AppendProbability(dst, c[row]) }
func (c probabilities) text(dst []byte, row int) []byte { return c.json(dst, row) }
func (c probabilities) isText() bool                    { return false }

// AppendProbability writes p rounded to 4 decimals without trailing zeros: 0.9312, 0.5, 1, 0. Other floats are
// written in full.
func AppendProbability(dst []byte, p float32) []byte {
	if !(p >= 0 && p <= 1) {
		return appendFloat(dst, float64(p), 32)
	}
	n := int(math.Round(float64(p) * 1e4))
	if n == 0 || n == 1e4 {
		return append(dst, '0'+byte(n/1e4))
	}
	dst = append(dst, '0', '.', '0'+byte(n/1000), '0'+byte(n/100%10), '0'+byte(n/10%10), '0'+byte(n%10))
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

type singles []float32

func (c singles) json(dst []byte, row int) []byte { return appendFloat(dst, float64(c[row]), 32) }
func (c singles) text(dst []byte, row int) []byte { return appendFloatText(dst, float64(c[row]), 32) }
func (c singles) isText() bool                    { return false }

type doubles []float64

func (c doubles) json(dst []byte, row int) []byte { return appendFloat(dst, c[row], 64) }
func (c doubles) text(dst []byte, row int) []byte { return appendFloatText(dst, c[row], 64) }
func (c doubles) isText() bool                    { return false }

type halves struct{ a *array.Float16 }

func (c halves) json(dst []byte, row int) []byte {
	return appendFloat(dst, float64(c.a.Value(row).Float32()), 32)
}

func (c halves) text(dst []byte, row int) []byte {
	return appendFloatText(dst, float64(c.a.Value(row).Float32()), 32)
}
func (c halves) isText() bool { return false }

// appendFloat writes the shortest number that reads back as v. JSON has no NaN and no infinity: null.
func appendFloat(dst []byte, v float64, bits int) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(dst, "null"...)
	}
	return appendFloatText(dst, v, bits)
}

func appendFloatText(dst []byte, v float64, bits int) []byte {
	// As encoding/json and JavaScript do: exponents only for very small and very large numbers.
	format := byte('f')
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, v, format, -1, bits)
}

type booleans struct{ a *array.Boolean }

func (c booleans) json(dst []byte, row int) []byte { return strconv.AppendBool(dst, c.a.Value(row)) }
func (c booleans) text(dst []byte, row int) []byte { return c.json(dst, row) }
func (c booleans) isText() bool                    { return false }

// scaled is a number of a fixed scale.
type scaled interface{ ToString(scale int32) string }

// decimals are written digit by digit: JSON numbers have no precision of their own.
type decimals[T scaled] struct {
	values []T
	scale  int32
}

func newDecimals[T scaled](values []T, t arrow.DataType) column {
	return decimals[T]{values, t.(arrow.DecimalType).GetScale()}
}

func (c decimals[T]) json(dst []byte, row int) []byte {
	return append(dst, c.values[row].ToString(c.scale)...)
}
func (c decimals[T]) text(dst []byte, row int) []byte { return c.json(dst, row) }
func (c decimals[T]) isText() bool                    { return false }
