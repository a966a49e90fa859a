package spec

import (
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// nodeUnmarshaler is a type that reads YAML by itself, such as a label set, which may be a list or a map.
type nodeUnmarshaler interface {
	UnmarshalYAML(n ast.Node) error
}

// foreign hands a value to its own reader as plain YAML, anchors, variables and --set resolved, with the positions that
// the values have in the spec.
func (d *decoder) foreign(n *node, v nodeUnmarshaler) {
	for _, e := range fault.List(v.UnmarshalYAML(n.yaml())) {
		at := n.at
		if e.Where.Line > 0 {
			at.Line, at.Column = e.Where.Line, e.Where.Column
		}
		if e.Code == fault.Internal {
			e = fault.New(fault.ConfigField, "%s", e.What)
		}
		d.errs = append(d.errs, e.At(at))
	}
}

// yaml is a node in the form of the YAML library.
func (n *node) yaml() ast.Node {
	switch n.kind {
	case nullNode:
		return ast.Null(n.token(token.NullType, "null"))
	case listNode:
		list := ast.Sequence(n.token(token.SequenceStartType, "["), true)
		for _, v := range n.list {
			list.Values = append(list.Values, v.yaml())
		}
		return list
	case mapNode:
		m := ast.Mapping(n.token(token.MappingStartType, "{"), true)
		for _, f := range n.fields {
			key := &node{text: f.key, at: f.at}
			name := ast.String(key.token(token.StringType, f.key))
			m.Values = append(m.Values, ast.MappingValue(key.token(token.MappingValueType, ":"), name, f.value.yaml()))
		}
		return m
	default:
		return n.yamlScalar()
	}
}

func (n *node) yamlScalar() ast.Node {
	if !n.env {
		switch n.value().(type) {
		case int64:
			return ast.Integer(n.token(token.IntegerType, n.text))
		case float64:
			return ast.Float(n.token(token.FloatType, n.text))
		case bool:
			return ast.Bool(n.token(token.BoolType, n.text))
		}
	}
	return ast.String(n.token(token.StringType, n.text))
}

// token is a token at the node's place.
func (n *node) token(t token.Type, text string) *token.Token {
	return &token.Token{
		Type: t, Value: text, Origin: text,
		Position: &token.Position{Line: int(n.at.Line), Column: int(n.at.Column)},
	}
}
