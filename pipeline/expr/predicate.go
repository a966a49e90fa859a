package expr

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/expr-lang/expr/ast"

	"github.com/winnow-stream/winnow/pipeline"
)

// predicate is a condition that runs column by column.
type predicate interface {
	// eval sets out[row] for every row. It is false where the columns turn out to be of types that it does not know;
	// the program decides then.
	eval(in *operands, out []bool) bool
}

// operands are what predicates read of one batch. One goroutine uses it at a time.
type operands struct {
	batch   *pipeline.Batch
	columns []arrow.Array // by column.index; nil for results
	masks   [][]bool      // free ones
}

func (o *operands) bind(b *pipeline.Batch, columns []*column) {
	o.batch = b
	o.columns = o.columns[:0]
	for _, c := range columns {
		var col arrow.Array
		if c.result == resNone {
			if found, f := find(b, c.field.Name); !pipeline.IsJSONText(f) {
				col = found
			}
		}
		o.columns = append(o.columns, col)
	}
}

func (o *operands) release() {
	o.batch = nil
	clear(o.columns)
}

// mask lends a scratch mask of n rows.
func (o *operands) mask(n int) []bool {
	if last := len(o.masks) - 1; last >= 0 {
		m := o.masks[last]
		o.masks = o.masks[:last]
		if cap(m) >= n {
			return m[:n]
		}
	}
	return make([]bool, n)
}

func (o *operands) giveBack(m []bool) { o.masks = append(o.masks, m) }

// and, or and not combine predicates. Both sides are evaluated: neither can fail.
type (
	and struct{ left, right predicate }
	or  struct{ left, right predicate }
	not struct{ inner predicate }
)

func (p and) eval(in *operands, out []bool) bool {
	other := in.mask(len(out))
	defer in.giveBack(other)
	if !p.left.eval(in, out) || !p.right.eval(in, other) {
		return false
	}
	for i, v := range other {
		out[i] = out[i] && v
	}
	return true
}

func (p or) eval(in *operands, out []bool) bool {
	other := in.mask(len(out))
	defer in.giveBack(other)
	if !p.left.eval(in, out) || !p.right.eval(in, other) {
		return false
	}
	for i, v := range other {
		out[i] = out[i] || v
	}
	return true
}

func (p not) eval(in *operands, out []bool) bool {
	if !p.inner.eval(in, out) {
		return false
	}
	for i, v := range out {
		out[i] = !v
	}
	return true
}

// planner turns a tree whose references are bound into a predicate, where it is made of what predicates know.
type planner struct {
	*tree
	labels []string
}

func (p planner) predicate(n ast.Node) predicate {
	if r, ok := p.refs[n]; ok {
		if r.column.isBool() && len(r.rest) == 0 {
			return isTrue{r.column.index}
		}
		return nil
	}
	switch x := n.(type) {
	case *ast.UnaryNode:
		if x.Operator == "!" || x.Operator == "not" {
			if inner := p.predicate(x.Node); inner != nil {
				return not{inner}
			}
		}
	case *ast.BinaryNode:
		return p.binary(x)
	}
	return nil
}

func (p planner) binary(x *ast.BinaryNode) predicate {
	switch x.Operator {
	case "and", "&&", "or", "||":
		left, right := p.predicate(x.Left), p.predicate(x.Right)
		switch {
		case left == nil || right == nil:
			return nil
		case x.Operator == "and" || x.Operator == "&&":
			return and{left, right}
		default:
			return or{left, right}
		}
	case "==", "!=", "<", "<=", ">", ">=":
		if c := p.column(x.Left); c != nil {
			return p.compare(c, operator(x.Operator), x.Right)
		}
		if c := p.column(x.Right); c != nil {
			return p.compare(c, operator(x.Operator).flipped(), x.Left)
		}
	case "in":
		if c, list := p.column(x.Left), x.Right; c != nil {
			return p.among(c, list)
		}
	case "contains", "startsWith", "endsWith":
		c, s := p.column(x.Left), x.Right
		if lit, ok := s.(*ast.StringNode); ok && c != nil && c.result == resNone && isText(c.field.Type) {
			return textMatch{c.index, x.Operator, lit.Value}
		}
	}
	return nil
}

// column is the column that a node is, as a whole.
func (p planner) column(n ast.Node) *column {
	if r, ok := p.refs[n]; ok && len(r.rest) == 0 && (r.column.result != resNone || !pipeline.IsJSONText(r.column.field)) {
		return r.column
	}
	return nil
}

func (p planner) compare(c *column, op operator, n ast.Node) predicate {
	switch lit := n.(type) {
	case *ast.NilNode:
		if c.result == resLabel {
			return labelIs(op == "!=", len(p.labels), nil).orNull(op == "==").when(op == "==" || op == "!=")
		}
		if c.result == resNone && (op == "==" || op == "!=") {
			return isNull{c.index, op == "=="}
		}
	case *ast.StringNode:
		if c.result == resLabel && (op == "==" || op == "!=") {
			return labelIs(op == "!=", len(p.labels), p.indexes(lit.Value)).orNull(op == "!=").when(p.labels != nil)
		}
		if c.result == resNone && isText(c.field.Type) {
			return textCompare{c.index, op, lit.Value}
		}
	case *ast.IntegerNode:
		return numeric(c, op, float64(lit.Value), int64(lit.Value), true)
	case *ast.FloatNode:
		return numeric(c, op, lit.Value, 0, false)
	case *ast.UnaryNode:
		return negative(c, op, lit)
	}
	return nil
}

func negative(c *column, op operator, x *ast.UnaryNode) predicate {
	if x.Operator != "-" {
		return nil
	}
	switch lit := x.Node.(type) {
	case *ast.IntegerNode:
		return numeric(c, op, -float64(lit.Value), -int64(lit.Value), true)
	case *ast.FloatNode:
		return numeric(c, op, -lit.Value, 0, false)
	}
	return nil
}

// among is `column in ["a", "b"]`.
func (p planner) among(c *column, n ast.Node) predicate {
	list, ok := n.(*ast.ArrayNode)
	if !ok {
		return nil
	}
	values := make([]string, len(list.Nodes))
	for i, item := range list.Nodes {
		s, ok := item.(*ast.StringNode)
		if !ok {
			return nil
		}
		values[i] = s.Value
	}
	switch {
	case c.result == resLabel:
		return labelIs(false, len(p.labels), p.indexes(values...)).when(p.labels != nil)
	case c.result == resNone && isText(c.field.Type):
		return textIn{c.index, values}
	default:
		return nil
	}
}

// indexes are those of some label names; unknown ones are left out.
func (p planner) indexes(names ...string) []int {
	var out []int
	for i, l := range p.labels {
		for _, name := range names {
			if l == name {
				out = append(out, i)
			}
		}
	}
	return out
}

// isText reports whether expressions see a column's values as texts that predicates can compare.
func isText(t arrow.DataType) bool {
	if d, ok := t.(*arrow.DictionaryType); ok {
		t = d.ValueType
	}
	return t.ID() == arrow.STRING
}
