package spec

import (
	"reflect"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// redactKey stands beside a sink's kind.
const redactKey = "redact"

// component finds the one kind that a connector's mapping names, and what is below it. beside allows redact there.
func (d *decoder) component(n *node, kinds []string, beside bool) *field {
	if n.kind != mapNode {
		d.fail(fault.ConfigField, n.at, "write {kind: {…}}; the kinds are "+strings.Join(kinds, ", "),
			"%s takes a connector by its kind, and this is %s", last(n.at.Path), n.is())
		return nil
	}
	var found *field
	for i := range n.fields {
		f := &n.fields[i]
		switch {
		case f.key == redactKey && beside:
		case !slices.Contains(kinds, f.key):
			d.unknown("connector", f, kinds)
		case found != nil:
			d.fail(fault.ConfigField, f.at, "remove one of them", "%s is one connector, and has two: %s and %s", last(n.at.Path), found.key, f.key)
		default:
			found = f
		}
	}
	if len(n.fields) == 0 || len(n.fields) == 1 && beside && n.has(redactKey) {
		d.fail(fault.ConfigMissing, n.at, "write {kind: {…}}; the kinds are "+strings.Join(kinds, ", "), "%s has no connector", last(n.at.Path))
	}
	return found
}

func (d *decoder) source(n *node, s *Source) {
	if f := d.component(n, d.kinds.sourceKinds(), false); f != nil {
		s.Kind, s.Config = f.key, d.kinds.Sources[f.key]()
		d.config(f, s.Config)
	}
}

func (d *decoder) sink(n *node, s *Sink) {
	if f := d.component(n, d.kinds.sinkKinds(), true); f != nil {
		s.Kind, s.Config = f.key, d.kinds.Sinks[f.key]()
		d.config(f, s.Config)
	}
	for i := range n.fields {
		if f := &n.fields[i]; f.key == redactKey {
			s.Redact = new(Redact)
			d.redact(f.value, s.Redact)
		}
	}
}

// redact is a list of types, or a map.
func (d *decoder) redact(n *node, r *Redact) {
	if n.kind == listNode {
		d.value(n, reflect.ValueOf(&r.Types).Elem(), rules{})
		return
	}
	d.value(n, reflect.ValueOf(r).Elem(), rules{})
}

// config decodes a connector's fields. `kind:` alone is the kind with its defaults.
func (d *decoder) config(f *field, config any) {
	n := f.value
	if n.kind == nullNode {
		n = &node{kind: mapNode, at: f.at}
	}
	d.value(n, reflect.ValueOf(config).Elem(), rules{})
}

// sinks keeps the order in which the spec names them.
func (d *decoder) sinks(n *node, s *Sinks) {
	if n.kind != mapNode {
		d.fail(fault.ConfigField, n.at, "write {default: {kind: {…}}}", "sinks takes a map from names to connectors, and this is %s", n.is())
		return
	}
	for _, f := range n.fields {
		sink := Sink{Name: f.key}
		d.sink(f.value, &sink)
		*s = append(*s, sink)
	}
}
