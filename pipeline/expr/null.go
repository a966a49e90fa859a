package expr

import (
	"errors"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm/runtime"
)

// Fields may be null, and expr-lang's operators panic on null. nullSafe replaces those that do by functions that
// follow the rules of the package comment.
var nullSafe = map[string]struct {
	name string
	fn   func(a, b any) any
	null any // the answer where a or b is null
}{
	"+":  {"null_add", runtime.Add, nil},
	"-":  {"null_subtract", runtime.Subtract, nil},
	"*":  {"null_multiply", runtime.Multiply, nil},
	"/":  {"null_divide", func(a, b any) any { return runtime.Divide(a, b) }, nil},
	"%":  {"null_modulo", modulo, nil},
	"<":  {"null_less", func(a, b any) any { return runtime.Less(a, b) }, false},
	"<=": {"null_less_equal", func(a, b any) any { return runtime.LessOrEqual(a, b) }, false},
	">":  {"null_more", func(a, b any) any { return runtime.More(a, b) }, false},
	">=": {"null_more_equal", func(a, b any) any { return runtime.MoreOrEqual(a, b) }, false},
}

var errDivideByZero = errors.New("integer divide by zero")

func modulo(a, b any) any {
	if runtime.Equal(b, 0) {
		panic(errDivideByZero)
	}
	return runtime.Modulo(a, b)
}

const truth = "null_false"

// nullFunctions are the functions that a nullPatcher calls, as options of the compiler.
func nullFunctions() []expr.Option {
	options := []expr.Option{expr.Function(truth, func(args ...any) (any, error) {
		if args[0] == nil {
			return false, nil
		}
		return args[0], nil
	})}
	for _, op := range nullSafe {
		options = append(options, expr.Function(op.name, func(args ...any) (any, error) {
			if args[0] == nil || args[1] == nil {
				return op.null, nil
			}
			return op.fn(args[0], args[1]), nil
		}))
	}
	return options
}

// nullPatcher makes a tree's operators safe for null.
type nullPatcher struct{}

// Visit implements ast.Visitor.
func (nullPatcher) Visit(n *ast.Node) {
	switch x := (*n).(type) {
	case *ast.BinaryNode:
		if op, ok := nullSafe[x.Operator]; ok {
			ast.Patch(n, call(op.name, x.Left, x.Right))
			return
		}
		switch x.Operator {
		case "and", "&&", "or", "||":
			x.Left, x.Right = nullIsFalse(x.Left), nullIsFalse(x.Right)
		}
	case *ast.UnaryNode:
		if x.Operator == "!" || x.Operator == "not" {
			x.Node = nullIsFalse(x.Node)
		}
	case *ast.ConditionalNode:
		x.Cond = nullIsFalse(x.Cond)
	}
}

// nullIsFalse makes null count as false.
func nullIsFalse(n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.IdentifierNode, *ast.MemberNode, *ast.ConditionalNode:
		return call(truth, n)
	case *ast.ChainNode:
		return call(truth, n)
	default:
		return n
	}
}

func call(name string, args ...ast.Node) ast.Node {
	c := &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: args}
	c.SetLocation(args[0].Location())
	return c
}
