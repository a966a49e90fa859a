package spec

import (
	"reflect"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// labels decodes a label set: a list of names or of labels, or a map from names to descriptions or to labels.
func (d *decoder) labels(n *node, s *classify.LabelSet) {
	switch n.kind {
	case listNode:
		for _, item := range n.list {
			*s = append(*s, d.label(item, ""))
		}
	case mapNode:
		for _, f := range n.fields {
			*s = append(*s, d.label(f.value, f.key))
		}
	default:
		d.fail(fault.LabelsFile, n.at, "", "labels takes a list or a map, and this is %s", n.is())
	}
}

// label decodes one label. In a map its name is the key, and nothing as its value means a name alone.
func (d *decoder) label(n *node, key string) classify.Label {
	var l classify.Label
	switch {
	case n.kind == mapNode:
		d.structure(n, reflect.ValueOf(&l).Elem())
	case n.kind == nullNode && key != "":
	case n.kind == scalarNode && key != "":
		l.Description = n.text
	case n.kind == scalarNode:
		l.Name = n.text
	default:
		d.fail(fault.LabelsFile, n.at, "", "a label is a name or {name, description, examples}, and this is %s", n.is())
	}
	if key != "" {
		l.Name = key
	}
	return l
}
