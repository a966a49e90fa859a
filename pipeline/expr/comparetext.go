package expr

import (
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
)

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
