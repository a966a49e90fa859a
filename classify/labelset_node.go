package classify

import (
	"github.com/goccy/go-yaml/ast"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// plain takes anchors and tags off a node.
func plain(node ast.Node) ast.Node {
	for {
		switch n := node.(type) {
		case *ast.AnchorNode:
			node = n.Value
		case *ast.TagNode:
			node = n.Value
		default:
			return node
		}
	}
}

// entries are the pairs of a mapping; false when the node is none.
func entries(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	default:
		return nil, false
	}
}

// keyOf is a mapping's key as it is written, which may be a number or a word that YAML gives a meaning.
func keyOf(e *ast.MappingValueNode) string {
	if s, ok := e.Key.(*ast.StringNode); ok {
		return s.Value
	}
	return e.Key.GetToken().Value
}

// kind names a node's type for a message.
func kind(node ast.Node) string {
	switch node.(type) {
	case nil:
		return "missing"
	case *ast.StringNode, *ast.LiteralNode:
		return "text"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	case *ast.NullNode:
		return "null"
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a map"
	case *ast.AliasNode:
		return "an alias (*…), which is not resolved here"
	default:
		return "of another type"
	}
}

// position is a node's line and column.
func position(node ast.Node) fault.Where {
	if node == nil {
		return fault.Where{}
	}
	return within("", node.GetToken())
}
