package classify

import (
	"errors"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// UnmarshalYAML reads any of the three forms. Its errors carry line and column and join everything that has the wrong
// form; what the labels say is left to Check.
func (s *LabelSet) UnmarshalYAML(node ast.Node) error {
	set, _, err := readLabels(node)
	if err != nil {
		return err
	}
	*s = set
	return nil
}

// labelReader gathers labels, the nodes they stand at, and what is wrong.
type labelReader struct {
	set   LabelSet
	nodes []ast.Node
	errs  []error
}

// readLabels reads a node of any of the three forms, with the node of each label.
func readLabels(node ast.Node) (LabelSet, []ast.Node, error) {
	var r labelReader
	switch n := plain(node).(type) {
	case *ast.SequenceNode:
		for _, v := range n.Values {
			r.item(v)
		}
	case *ast.MappingNode:
		for _, e := range n.Values {
			r.entry(e)
		}
	case *ast.MappingValueNode:
		r.entry(n)
	case *ast.NullNode, nil: // no labels, as Check will say
	default:
		r.bad(node, "labels are %s: want a list of names, a map from name to description, or a list of {name, description, examples}", kind(n))
	}
	return r.set, r.nodes, errors.Join(r.errs...)
}

func (r *labelReader) bad(node ast.Node, format string, args ...any) {
	r.errs = append(r.errs, fault.New(fault.LabelsType, format, args...).At(position(node)))
}

func (r *labelReader) add(node ast.Node, l Label) {
	r.set, r.nodes = append(r.set, l), append(r.nodes, node)
}

// item reads an element of the list forms.
func (r *labelReader) item(node ast.Node) {
	fields, ok := entries(plain(node))
	if !ok {
		if name, ok := r.text(node, "a label"); ok {
			r.add(node, Label{Name: name})
		}
		return
	}
	var l Label
	named := false
	for _, f := range fields {
		if keyOf(f) == "name" {
			named = true
			l.Name, _ = r.text(f.Value, "name")
			continue
		}
		r.field(f, &l)
	}
	if !named {
		r.bad(node, "a label has no name")
	}
	r.add(node, l)
}

// entry reads a pair of the map form: a name with its description or {description, examples}.
func (r *labelReader) entry(e *ast.MappingValueNode) {
	l := Label{Name: keyOf(e)}
	switch v := plain(e.Value).(type) {
	case *ast.NullNode, nil:
	case *ast.MappingNode, *ast.MappingValueNode:
		fields, _ := entries(v)
		for _, f := range fields {
			r.field(f, &l)
		}
	default:
		l.Description, _ = r.text(e.Value, "the description of "+l.Name)
	}
	r.add(e.Key, l)
}

// field reads what a label may have besides its name.
func (r *labelReader) field(f *ast.MappingValueNode, l *Label) {
	switch key := keyOf(f); key {
	case "description":
		if _, null := plain(f.Value).(*ast.NullNode); !null {
			l.Description, _ = r.text(f.Value, "description")
		}
	case "examples":
		list, ok := plain(f.Value).(*ast.SequenceNode)
		if !ok {
			r.bad(f.Value, "examples are %s: want a list of texts", kind(plain(f.Value)))
			return
		}
		for _, v := range list.Values {
			if e, ok := r.text(v, "an example"); ok {
				l.Examples = append(l.Examples, e)
			}
		}
	default:
		what := fault.New(fault.LabelsType, "a label has no field %q", key).At(position(f.Key))
		if near := nearest(key, []string{"name", "description", "examples"}); near != "" {
			what = what.WithFix("did you mean %q?", near)
		}
		r.errs = append(r.errs, what)
	}
}

// text reads a string. Other scalars are refused: YAML would quietly turn the label 1.0 into 1, and off into false.
func (r *labelReader) text(node ast.Node, what string) (string, bool) {
	switch n := plain(node).(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case nil:
		r.bad(node, "%s is missing", what)
	case ast.ScalarNode:
		r.errs = append(r.errs, fault.New(fault.LabelsType, "%s is %s: want text", what, kind(n)).At(position(node)).
			WithFix("write it in quotes: %q", strings.TrimSpace(n.GetToken().Value)))
	default:
		r.bad(node, "%s is %s: want text", what, kind(n))
	}
	return "", false
}
