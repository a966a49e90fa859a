package expr

import (
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
)

// maxLength bounds an expression's text: real ones have one line.
const maxLength = 16 << 10

// tree is a parsed expression with its references to fields. Binding and compiling change its nodes, so that each of
// them parses anew.
type tree struct {
	code   Code
	parsed *parser.Tree
	refs   map[ast.Node]*ref
	order  []*ref // as they come in the expression
}

// ref is a name with the members behind it, such as record.user.name.
type ref struct {
	path   []string
	record bool // begun with "record.", which is not part of path
	at     file.Location
	inner  *ref // without the last member
	column *column
	rest   []string // members of path that are not part of the column's name
}

// parse reads an expression.
func parse(code Code) (*tree, error) {
	if len(code.Text) > maxLength {
		return nil, code.fail("the expression has %d bytes; %d are allowed", len(code.Text), maxLength)
	}
	parsed, err := parser.ParseWithConfig(code.Text, conf.CreateNew())
	if err != nil {
		return nil, code.wrap(err)
	}
	t := &tree{code: code, parsed: parsed, refs: map[ast.Node]*ref{}}
	c := &collector{tree: t, variables: map[string]bool{}}
	ast.Walk(&parsed.Node, variables{c})
	ast.Walk(&parsed.Node, c)
	for _, r := range t.refs {
		t.order = append(t.order, r)
	}
	slices.SortFunc(t.order, func(a, b *ref) int { return a.at.From - b.at.From })
	for _, r := range t.order {
		if r.path[0] == "record" {
			r.path, r.record = r.path[1:], true
		}
		if len(r.path) == 0 {
			return nil, code.at(r.at, "record stands for the whole record; name one of its fields: record.name")
		}
	}
	return t, nil
}

// collector finds the longest chains of members that begin with a field's name. Children are visited before their
// parents.
type collector struct {
	*tree
	variables map[string]bool // names bound by let
}

// Visit implements ast.Visitor.
func (c *collector) Visit(n *ast.Node) {
	switch x := (*n).(type) {
	case *ast.IdentifierNode:
		if !c.variables[x.Value] {
			c.refs[x] = &ref{path: []string{x.Value}, at: x.Location()}
		}
	case *ast.MemberNode:
		inner, isRef := c.refs[x.Node]
		name, isName := x.Property.(*ast.StringNode)
		if isRef && isName {
			delete(c.refs, x.Node)
			c.refs[x] = &ref{path: append(slices.Clone(inner.path), name.Value), at: inner.at, inner: inner}
		}
	case *ast.ChainNode:
		if inner, isRef := c.refs[x.Node]; isRef {
			delete(c.refs, x.Node)
			c.refs[x] = inner
		}
	case *ast.CallNode: // the name of a function or method is no field
		callee, isRef := c.refs[x.Callee]
		delete(c.refs, x.Callee)
		if m, isMember := x.Callee.(*ast.MemberNode); isRef && isMember {
			c.refs[m.Node] = callee.inner
		}
	}
}

// variables collects the names that let binds.
type variables struct{ *collector }

// Visit implements ast.Visitor.
func (v variables) Visit(n *ast.Node) {
	if d, ok := (*n).(*ast.VariableDeclaratorNode); ok {
		v.variables[d.Name] = true
	}
}
