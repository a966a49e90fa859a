package spec

import (
	"reflect"
	"strconv"
	"strings"
	"unicode"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// rules are what a struct's tags say of a field: jsonschema:"required,enum=a,enum=b,minimum=0,maximum=1". The JSON
// Schema is generated from the same tags. The tag fault:"code" names the error of a value that breaks them, instead of
// config.field.
type rules struct {
	code     *fault.Code
	required bool
	enum     []string
	min, max *float64
}

// structField is one field of a configuration under its YAML name.
type structField struct {
	name  string
	index []int
	field reflect.StructField
	owner reflect.Type // the struct that declares it
	rules rules
}

// structFields lists the fields that a spec can set, those of inlined structs among them.
func structFields(t reflect.Type) []structField {
	var fields []structField
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if !f.IsExported() || name == "-" {
			continue
		}
		if f.Type.Kind() == reflect.Struct && (strings.Contains(options, "inline") || f.Anonymous && name == "") {
			for _, inner := range structFields(f.Type) {
				inner.index = append(append([]int{}, f.Index...), inner.index...)
				fields = append(fields, inner)
			}
			continue
		}
		if name == "" {
			name = strings.Map(unicode.ToLower, f.Name)
		}
		fields = append(fields, structField{name: name, index: f.Index, field: f, owner: t, rules: parseRules(f.Tag)})
	}
	return fields
}

func fieldNames(t reflect.Type) []string {
	var names []string
	for _, f := range structFields(t) {
		names = append(names, f.name)
	}
	return names
}

func parseRules(tag reflect.StructTag) rules {
	r := rules{code: fault.ConfigField}
	if id := tag.Get("fault"); id != "" {
		r.code = fault.ByID(id)
	}
	for part := range strings.SplitSeq(tag.Get("jsonschema"), ",") {
		key, value, _ := strings.Cut(part, "=")
		switch key {
		case "required":
			r.required = true
		case "enum":
			r.enum = append(r.enum, value)
		case "minimum":
			r.min = bound(value)
		case "maximum":
			r.max = bound(value)
		}
	}
	return r
}

func bound(s string) *float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil
	}
	return &f
}
