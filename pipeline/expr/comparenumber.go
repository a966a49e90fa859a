package expr

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// number compares a column of numbers with a literal: exactly where both are whole.
type number struct {
	column int
	op     operator
	float  float64
	whole  int64
	exact  bool
}

// numeric is the comparison of a number with a literal; nil where the column holds none that predicates know.
func numeric(c *column, op operator, float float64, whole int64, exact bool) predicate {
	if c.result == resConfidence {
		return newConfident(op, float)
	}
	if c.result != resNone {
		return nil
	}
	switch c.field.Type.ID() {
	case arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64, arrow.UINT8, arrow.UINT16, arrow.UINT32, arrow.FLOAT32, arrow.FLOAT64:
		return number{c.index, op, float, whole, exact}
	default:
		return nil
	}
}

func (p number) eval(in *operands, out []bool) bool {
	switch c := in.columns[p.column].(type) {
	case *array.Int8:
		numbers(p, c.Int8Values(), out)
	case *array.Int16:
		numbers(p, c.Int16Values(), out)
	case *array.Int32:
		numbers(p, c.Int32Values(), out)
	case *array.Int64:
		numbers(p, c.Int64Values(), out)
	case *array.Uint8:
		numbers(p, c.Uint8Values(), out)
	case *array.Uint16:
		numbers(p, c.Uint16Values(), out)
	case *array.Uint32:
		numbers(p, c.Uint32Values(), out)
	case *array.Float32:
		floats(p.op, p.float, c.Float32Values(), out)
	case *array.Float64:
		floats(p.op, p.float, c.Float64Values(), out)
	default:
		return false
	}
	if col := in.columns[p.column]; col.NullN() > 0 {
		for i := range out {
			if col.IsNull(i) {
				out[i] = p.op == "!="
			}
		}
	}
	return true
}

func numbers[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32](p number, values []T, out []bool) {
	if !p.exact {
		floats(p.op, p.float, values, out)
		return
	}
	switch p.op {
	case "==", "!=":
		for i, v := range values {
			out[i] = (int64(v) == p.whole) == (p.op == "==")
		}
	case "<", ">=":
		for i, v := range values {
			out[i] = (int64(v) < p.whole) == (p.op == "<")
		}
	default:
		for i, v := range values {
			out[i] = (int64(v) > p.whole) == (p.op == ">")
		}
	}
}

// floats compares as floating point does: NaN is less, equal and greater to nothing.
func floats[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | float32 | float64](op operator, lit float64, values []T, out []bool) {
	switch op {
	case "==":
		for i, v := range values {
			out[i] = float64(v) == lit
		}
	case "!=":
		for i, v := range values {
			out[i] = float64(v) != lit
		}
	case "<":
		for i, v := range values {
			out[i] = float64(v) < lit
		}
	case "<=":
		for i, v := range values {
			out[i] = float64(v) <= lit
		}
	case ">":
		for i, v := range values {
			out[i] = float64(v) > lit
		}
	default:
		for i, v := range values {
			out[i] = float64(v) >= lit
		}
	}
}
