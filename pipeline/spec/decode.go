package spec

import (
	"encoding"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/expr"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// decoder fills Go values from nodes and gathers everything that is wrong on the way.
type decoder struct {
	kinds    *Kinds
	errs     []*fault.Error
	warnings []*fault.Error
}

func (d *decoder) fail(code *fault.Code, at fault.Where, fix, format string, args ...any) {
	e := fault.New(code, format, args...).At(at)
	if fix != "" {
		e = e.WithFix("%s", fix)
	}
	d.errs = append(d.errs, e)
}

// value decodes a node into v by the rules of its field.
func (d *decoder) value(n *node, v reflect.Value, r rules) {
	if n.kind == badNode {
		return
	}
	if n.kind == nullNode && v.Kind() != reflect.Interface {
		d.fail(fault.ConfigMissing, n.at, "give it one, or remove the line", "%s has no value", last(n.at.Path))
		return
	}
	if v.Kind() == reflect.Pointer {
		p := reflect.New(v.Type().Elem())
		d.value(n, p.Elem(), r)
		v.Set(p)
		return
	}
	if d.special(n, v) {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v)
	case reflect.Map:
		d.mapping(n, v, r)
	case reflect.Slice:
		d.list(n, v, r)
	case reflect.Interface:
		if t := n.tree(); t != nil {
			v.Set(reflect.ValueOf(t))
		}
	default:
		d.scalar(n, v, r)
	}
}

// special decodes the types that have a form of their own.
func (d *decoder) special(n *node, v reflect.Value) bool {
	switch p := v.Addr().Interface().(type) {
	case *Source:
		d.source(n, p)
	case *Sink:
		d.sink(n, p)
	case *Sinks:
		d.sinks(n, p)
	case *unit.Secret:
		d.secret(n, p)
	case *expr.Code:
		if d.text(n, &p.Text) {
			p.At, p.Block = n.at, n.block
			if n.env {
				p.Block = folded
			}
		}
	case nodeUnmarshaler:
		d.foreign(n, p)
	case encoding.TextUnmarshaler:
		d.unmarshalText(n, p)
	default:
		return false
	}
	return true
}

// unmarshalText decodes a scalar by the type's own reading of it.
func (d *decoder) unmarshalText(n *node, v encoding.TextUnmarshaler) {
	if n.kind != scalarNode {
		d.fail(fault.ConfigField, n.at, "write one value", "%s takes one value, and this is %s", last(n.at.Path), n.is())
		return
	}
	if err := v.UnmarshalText([]byte(n.text)); err != nil {
		d.join(err, n.at)
	}
}

// join takes over errors from elsewhere, at a place of the spec.
func (d *decoder) join(err error, at fault.Where) {
	for _, e := range fault.List(err) {
		if e.Code == fault.Internal {
			e = fault.New(fault.ConfigField, "%s: %w", last(at.Path), e.Err).WithFix("see the message")
		}
		d.errs = append(d.errs, e.At(at))
	}
}

// extension begins the names of fields at the top of a spec that are free for anchors: x-defaults: &defaults {…}.
const extension = "x-"

// structure decodes a mapping into a struct: unknown and missing fields are errors.
func (d *decoder) structure(n *node, v reflect.Value) {
	if n.kind != mapNode {
		d.fail(fault.ConfigField, n.at, "its fields are "+strings.Join(fieldNames(v.Type()), ", "),
			"%s takes a map of fields, and this is %s", last(n.at.Path), n.is())
		return
	}
	fields := structFields(v.Type())
	for i := range n.fields {
		f := &n.fields[i]
		at := slices.IndexFunc(fields, func(sf structField) bool { return sf.name == f.key })
		if at < 0 && n.at.Path == "" && strings.HasPrefix(f.key, extension) {
			continue
		}
		if at < 0 {
			d.unknown("field", f, fieldNames(v.Type()))
			continue
		}
		d.value(f.value, v.FieldByIndex(fields[at].index), fields[at].rules)
	}
	for _, sf := range fields {
		if sf.rules.required && !n.has(sf.name) {
			at := n.at
			at.Path = join(n.at.Path, sf.name)
			d.fail(fault.ConfigMissing, at, "add "+sf.name+":", "%s is missing", sf.name)
		}
	}
}

func (n *node) has(key string) bool {
	return slices.ContainsFunc(n.fields, func(f field) bool { return f.key == key })
}

// unknown reports a key that is not among the allowed ones.
func (d *decoder) unknown(what string, f *field, allowed []string) {
	guess := ""
	if near := fault.Nearest(f.key, allowed); near != "" {
		guess = "; did you mean " + strconv.Quote(near) + "?"
	}
	fix := "the " + what + "s are " + strings.Join(allowed, ", ")
	if len(allowed) == 0 {
		fix = "remove it; nothing is allowed here"
	}
	d.fail(fault.ConfigUnknown, f.at, fix, "unknown %s %q%s", what, f.key, guess)
}

// mapping decodes into a map from strings.
func (d *decoder) mapping(n *node, v reflect.Value, r rules) {
	if n.kind != mapNode {
		d.fail(fault.ConfigField, n.at, "write it as {name: value}", "%s takes a map, and this is %s", last(n.at.Path), n.is())
		return
	}
	m := reflect.MakeMapWithSize(v.Type(), len(n.fields))
	for _, f := range n.fields {
		item := reflect.New(v.Type().Elem()).Elem()
		d.value(f.value, item, r)
		m.SetMapIndex(reflect.ValueOf(f.key).Convert(v.Type().Key()), item)
	}
	v.Set(m)
}

// list decodes into a slice. The rules of a list of scalars are those of its items.
func (d *decoder) list(n *node, v reflect.Value, r rules) {
	if n.kind != listNode {
		d.fail(fault.ConfigField, n.at, "write it as [value, …]", "%s takes a list, and this is %s", last(n.at.Path), n.is())
		return
	}
	s := reflect.MakeSlice(v.Type(), len(n.list), len(n.list))
	for i, item := range n.list {
		d.value(item, s.Index(i), r)
	}
	v.Set(s)
}

// last is the last part of a path: the name that a message calls a value by.
func last(path string) string {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		path = path[i+1:]
	}
	if path == "" {
		return "the spec"
	}
	return path
}
