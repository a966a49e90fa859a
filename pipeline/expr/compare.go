package expr

import (
	"github.com/apache/arrow-go/v18/arrow/array"
)

// operator is a comparison: ==, !=, <, <=, >, >=.
type operator string

// flipped is the operator with its sides exchanged.
func (o operator) flipped() operator {
	switch o {
	case "<":
		return ">"
	case "<=":
		return ">="
	case ">":
		return "<"
	case ">=":
		return "<="
	default:
		return o
	}
}

// holds says for less (-1), equal (0), greater (1) whether the operator is true.
func (o operator) holds(c int) bool {
	switch o {
	case "==":
		return c == 0
	case "!=":
		return c != 0
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	default:
		return c >= 0
	}
}

// isTrue is a boolean column as a condition; null counts as false.
type isTrue struct{ column int }

func (p isTrue) eval(in *operands, out []bool) bool {
	c, ok := in.columns[p.column].(*array.Boolean)
	if !ok {
		return false
	}
	for i := range out {
		out[i] = c.IsValid(i) && c.Value(i)
	}
	return true
}

// isNull is `column == nil`.
type isNull struct {
	column int
	want   bool
}

func (p isNull) eval(in *operands, out []bool) bool {
	c := in.columns[p.column]
	if c == nil {
		return false
	}
	for i := range out {
		out[i] = c.IsNull(i) == p.want
	}
	return true
}
