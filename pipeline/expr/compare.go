package expr

import (
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
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

// textCompare compares a column of text with a literal.
type textCompare struct {
	column  int
	op      operator
	literal string
}

func (p textCompare) eval(in *operands, out []bool) bool {
	return texts(in, p.column, out, p.op == "!=", func(s string) bool {
		if p.op == "==" {
			return s == p.literal
		}
		return p.op.holds(strings.Compare(s, p.literal))
	})
}

// textIn is `column in [literals]`.
type textIn struct {
	column   int
	literals []string
}

func (p textIn) eval(in *operands, out []bool) bool {
	return texts(in, p.column, out, false, func(s string) bool { return slices.Contains(p.literals, s) })
}

// textMatch is contains, startsWith or endsWith.
type textMatch struct {
	column  int
	op      string
	literal string
}

func (p textMatch) eval(in *operands, out []bool) bool {
	match := strings.Contains
	switch p.op {
	case "startsWith":
		match = strings.HasPrefix
	case "endsWith":
		match = strings.HasSuffix
	}
	return texts(in, p.column, out, false, func(s string) bool { return match(s, p.literal) })
}

// texts evaluates a test over a column of text: once a row, or once a value of a dictionary.
func texts(in *operands, column int, out []bool, null bool, test func(string) bool) bool {
	switch c := in.columns[column].(type) {
	case *array.String:
		for i := range out {
			if c.IsNull(i) {
				out[i] = null
			} else {
				out[i] = test(c.Value(i))
			}
		}
		return true
	case *array.Dictionary:
		values, ok := c.Dictionary().(*array.String)
		if !ok {
			return false
		}
		known := in.mask(values.Len())
		defer in.giveBack(known)
		for i := range known {
			known[i] = values.IsValid(i) && test(values.Value(i))
		}
		for i := range out {
			if c.IsNull(i) {
				out[i] = null
			} else {
				out[i] = known[c.GetValueIndex(i)]
			}
		}
		return true
	default:
		return false
	}
}

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

// confident compares the result's confidence with a literal. Confidences have 4 decimals, so that there are 10,001:
// want holds the answer for each.
type confident struct{ want []bool }

func newConfident(op operator, literal float64) confident {
	p := confident{make([]bool, 10_001)}
	for k := range p.want {
		c := [1]float64{float64(k) / 1e4}
		floats(op, literal, c[:], p.want[k:k+1])
	}
	return p
}

func (p confident) eval(in *operands, out []bool) bool {
	if len(in.batch.Confidence) != len(out) {
		return false
	}
	for i, c := range in.batch.Confidence {
		k := int(float64(c)*1e4 + 0.5)
		out[i] = p.want[min(max(k, 0), len(p.want)-1)]
	}
	return true
}

// label says for each label index, shifted by one so that 0 is null, whether the condition is true.
type label struct{ want []bool }

// labelIs is true for the labels of the given indexes, or, negated, for all others.
func labelIs(negated bool, count int, indexes []int) label {
	want := make([]bool, count+1)
	for i := range want[1:] {
		want[i+1] = slices.Contains(indexes, i) != negated
	}
	return label{want}
}

// orNull sets the answer for rows without a label.
func (p label) orNull(v bool) label {
	p.want[0] = v
	return p
}

// when gives the predicate only where a condition holds.
func (p label) when(ok bool) predicate {
	if !ok {
		return nil
	}
	return p
}

func (p label) eval(in *operands, out []bool) bool {
	if len(in.batch.Labels) != len(out) {
		return false
	}
	for i, l := range in.batch.Labels {
		out[i] = p.want[l+1]
	}
	return true
}
