package spec

import (
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// scalar decodes texts, numbers and booleans, and holds them to their rules.
func (d *decoder) scalar(n *node, v reflect.Value, r rules) {
	switch v.Kind() {
	case reflect.String:
		var s string
		if d.text(n, &s) && d.allowed(n, s, r) {
			v.SetString(s)
		}
	case reflect.Bool:
		b, ok := parseBool(n.text)
		if n.kind != scalarNode || !n.plain || !ok {
			d.fail(fault.ConfigField, n.at, "write true or false", "%s takes true or false, and this is %s", last(n.at.Path), n.is())
			return
		}
		v.SetBool(b)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		i, ok := parseInt(n.text)
		if n.kind != scalarNode || !n.plain || !ok || v.OverflowInt(i) {
			d.fail(fault.ConfigField, n.at, "write a whole number", "%s takes a whole number, and this is %s", last(n.at.Path), n.is())
			return
		}
		if d.inRange(n, float64(i), r) {
			v.SetInt(i)
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		i, ok := parseInt(n.text)
		if n.kind != scalarNode || !n.plain || !ok || i < 0 || v.OverflowUint(uint64(i)) {
			d.fail(fault.ConfigField, n.at, "write a whole number from 0 up", "%s takes a whole number from 0 up, and this is %s", last(n.at.Path), n.is())
			return
		}
		if d.inRange(n, float64(i), r) {
			v.SetUint(uint64(i))
		}
	case reflect.Float32, reflect.Float64:
		f, ok := parseFloat(n.text)
		if n.kind != scalarNode || !n.plain || !ok || math.IsInf(f, 0) {
			d.fail(fault.ConfigField, n.at, "write a number", "%s takes a number, and this is %s", last(n.at.Path), n.is())
			return
		}
		if d.inRange(n, f, r) {
			v.SetFloat(f)
		}
	default:
		d.fail(fault.Internal, n.at, "", "%s is of a type that a spec can't hold: %s", n.at.Path, v.Type())
	}
}

// text takes a scalar that is a text. A number or boolean has to be quoted, so that 1.10 and no stay what they are;
// variables of the environment are texts already.
func (d *decoder) text(n *node, s *string) bool {
	if n.kind != scalarNode {
		d.fail(fault.ConfigField, n.at, "write one text", "%s takes a text, and this is %s", last(n.at.Path), n.is())
		return false
	}
	if _, isText := n.value().(string); !isText && !n.env {
		d.fail(fault.ConfigField, n.at, "put it in quotes: "+strconv.Quote(n.text), "%s takes a text, and this is %s", last(n.at.Path), n.is())
		return false
	}
	*s = n.text
	return true
}

// allowed checks a text against the values that its field lists.
func (d *decoder) allowed(n *node, s string, r rules) bool {
	if len(r.enum) == 0 {
		return true
	}
	for _, v := range r.enum {
		if v == s {
			return true
		}
	}
	guess := ""
	if near := fault.Nearest(s, r.enum); near != "" {
		guess = "; did you mean " + strconv.Quote(near) + "?"
	}
	d.fail(r.code, n.at, "write "+orList(r.enum), "%s can't be %q%s", last(n.at.Path), s, guess)
	return false
}

// inRange checks a number against its field's bounds.
func (d *decoder) inRange(n *node, f float64, r rules) bool {
	if (r.min == nil || f >= *r.min) && (r.max == nil || f <= *r.max) {
		return true
	}
	var bounds string
	switch {
	case r.min != nil && r.max != nil:
		bounds = "from " + formatFloat(*r.min) + " to " + formatFloat(*r.max)
	case r.min != nil:
		bounds = "from " + formatFloat(*r.min) + " up"
	default:
		bounds = "up to " + formatFloat(*r.max)
	}
	d.fail(r.code, n.at, "give a number "+bounds, "%s is %s, and has to be %s", last(n.at.Path), n.text, bounds)
	return false
}

func formatFloat(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// orList writes "a, b or c".
func orList(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	return strings.Join(items[:len(items)-1], ", ") + " or " + items[len(items)-1]
}

// secret takes ${NAME}, {file: PATH}, or a literal with a warning.
func (d *decoder) secret(n *node, s *unit.Secret) {
	if n.kind == mapNode {
		var from struct {
			File string `yaml:"file" jsonschema:"required"`
		}
		before := len(d.errs)
		d.structure(n, reflect.ValueOf(&from).Elem())
		if len(d.errs) == before {
			*s = unit.SecretFile(from.File)
		}
		return
	}
	if n.kind != scalarNode {
		d.fail(fault.ConfigField, n.at, "write ${NAME} or {file: PATH}", "%s takes a secret, and this is %s", last(n.at.Path), n.is())
		return
	}
	*s = unit.NewSecret(n.text)
	if !n.env && n.text != "" {
		d.warnings = append(d.warnings, fault.New(fault.ConfigSecret, "%s is written out in the spec", last(n.at.Path)).At(n.at))
	}
}
