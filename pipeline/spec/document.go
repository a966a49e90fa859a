package spec

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// document turns the YAML of one document into nodes.
type document struct {
	name    string
	anchors map[string]ast.Node
	open    map[string]bool // anchors that are being read, against cycles
	nodes   int
	errs    []*fault.Error
}

// parseDocument reads YAML. The errors are those of the syntax and of the structure that every YAML has: duplicate
// keys, unknown aliases.
func parseDocument(name string, data []byte) (*node, []*fault.Error) {
	d := &document{name: name, anchors: map[string]ast.Node{}, open: map[string]bool{}}
	if len(data) > maxBytes {
		return nil, []*fault.Error{d.err(nil, "the spec has %d bytes; %d are allowed", len(data), maxBytes).WithFix("move examples into a trained classifier")}
	}
	body, err := d.parse(hide(string(data)))
	if err != nil {
		return nil, []*fault.Error{err}
	}
	root := d.node(body, 0)
	if d.nodes > maxNodes {
		return nil, d.errs
	}
	return root, d.errs
}

func (d *document) err(tk *token.Token, format string, args ...any) *fault.Error {
	return fault.New(fault.ConfigYAML, format, args...).At(d.at(tk))
}

func (d *document) at(tk *token.Token) fault.Where {
	w := fault.Where{File: d.name}
	if tk != nil && tk.Position != nil {
		w.Line, w.Column = int64(tk.Position.Line), int64(tk.Position.Column)
	}
	return w
}

// node converts a value. Anchors are known by the time that their aliases come.
func (d *document) node(n ast.Node, depth int) *node {
	if d.nodes++; d.nodes > maxNodes || depth > maxDepth {
		if d.nodes <= maxNodes+1 || depth > maxDepth {
			d.errs = append(d.errs, d.err(n.GetToken(), "the spec has more than %d values or %d levels", maxNodes, maxDepth))
			d.nodes = maxNodes + 1
		}
		return &node{kind: badNode, at: d.at(n.GetToken())}
	}
	switch n := n.(type) {
	case nil:
		return &node{}
	case *ast.AnchorNode:
		d.anchors[n.Name.GetToken().Value] = n.Value
		return d.node(n.Value, depth+1)
	case *ast.AliasNode:
		return d.alias(n, depth)
	case *ast.TagNode:
		v := d.node(n.Value, depth+1)
		if strings.HasSuffix(n.Start.Value, "!str") {
			v.plain = false
		}
		return v
	case *ast.MappingNode:
		return d.mapping(n.Values, d.mapStart(n), depth)
	case *ast.MappingValueNode:
		return d.mapping([]*ast.MappingValueNode{n}, d.at(n.Key.GetToken()), depth)
	case *ast.SequenceNode:
		v := &node{kind: listNode, at: d.at(n.Start)}
		for _, item := range n.Values {
			v.list = append(v.list, d.node(item, depth+1))
		}
		return v
	default:
		return d.scalar(n)
	}
}

func (d *document) mapStart(n *ast.MappingNode) fault.Where {
	if !n.IsFlowStyle && len(n.Values) > 0 {
		return d.at(n.Values[0].Key.GetToken())
	}
	return d.at(n.Start)
}

func (d *document) alias(n *ast.AliasNode, depth int) *node {
	name := n.Value.GetToken().Value
	target, ok := d.anchors[name]
	if !ok || d.open[name] {
		d.errs = append(d.errs, d.err(n.GetToken(), "there is no anchor %q before this alias", name).
			WithFix("define it above, as in place: &%s {…}", name))
		return &node{kind: badNode, at: d.at(n.GetToken())}
	}
	d.open[name] = true
	defer delete(d.open, name)
	return d.node(target, depth+1)
}

func (d *document) mapping(values []*ast.MappingValueNode, at fault.Where, depth int) *node {
	m := &node{kind: mapNode, at: at}
	seen := map[string]fault.Where{}
	var merged []field
	for _, v := range values {
		keyAt := d.at(v.Key.GetToken())
		if v.Key.IsMergeKey() {
			merged = append(merged, d.merge(v, depth)...)
			continue
		}
		key, ok := d.key(v.Key)
		if !ok {
			d.errs = append(d.errs, d.err(v.Key.GetToken(), "a key has to be a plain text"))
			continue
		}
		if first, twice := seen[key]; twice {
			d.errs = append(d.errs, d.err(v.Key.GetToken(), "the key %q is there twice; the first is on line %d", key, first.Line).
				WithFix("remove one of the two"))
			continue
		}
		seen[key] = keyAt
		value := d.node(v.Value, depth+1)
		if value.at.Line == 0 || value.kind == nullNode {
			value.at = keyAt
		}
		m.fields = append(m.fields, field{key: key, at: keyAt, value: value})
	}
	for _, f := range merged {
		if m.get(f.key) == nil {
			m.fields = append(m.fields, f)
		}
	}
	return m
}

// merge reads `<<: *anchor` or `<<: [*a, *b]`: fields that the mapping does not have itself.
func (d *document) merge(v *ast.MappingValueNode, depth int) []field {
	from := d.node(v.Value, depth+1)
	switch from.kind {
	case mapNode:
		return from.fields
	case listNode:
		var all []field
		for _, n := range from.list {
			all = append(all, n.fields...)
		}
		return all
	default:
		d.errs = append(d.errs, d.err(v.Key.GetToken(), "<< merges maps, and this is %s", from.is()).WithFix("write <<: *anchor"))
		return nil
	}
}

func (d *document) key(k ast.MapKeyNode) (string, bool) {
	var n ast.Node = k
	if mk, ok := k.(*ast.MappingKeyNode); ok {
		n = mk.Value
	}
	switch s := d.scalar(n); s.kind {
	case scalarNode:
		return s.text, true
	default:
		return "", false
	}
}

// scalar converts what holds no other values.
func (d *document) scalar(n ast.Node) *node {
	v := &node{kind: scalarNode, at: d.at(n.GetToken())}
	switch n := n.(type) {
	case *ast.NullNode:
		v.kind = nullNode
	case *ast.StringNode:
		v.text = n.Value
		d.quoting(n, v)
	case *ast.LiteralNode:
		v.text = n.Value.Value
		v.block = blockColumn(n.Value.Token.Origin)
		if strings.HasPrefix(n.Start.Value, ">") {
			v.block = folded
		}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		v.text, v.plain = n.GetToken().Value, true
	default:
		d.errs = append(d.errs, d.err(n.GetToken(), "a value is expected here, and this is %s", fmt.Sprint(n.Type())))
		v.kind = nullNode
	}
	v.text = reveal(v.text)
	return v
}

// quoting finds out where the text of a scalar begins, and whether its columns are those of the file.
func (d *document) quoting(n *ast.StringNode, v *node) {
	origin := strings.TrimSpace(n.Token.Origin)
	quoted := n.Token.Type == token.SingleQuoteType || n.Token.Type == token.DoubleQuoteType
	v.plain = !quoted
	if strings.Contains(origin, "\n") || quoted && (strings.Contains(origin, `\`) || strings.Contains(origin, `''`)) {
		v.block = folded
	} else if quoted {
		v.at.Column++
	}
}

// blockColumn is the column at which the lines of a block scalar begin.
func blockColumn(origin string) int {
	return len(origin) - len(strings.TrimLeft(origin, " ")) + 1
}
