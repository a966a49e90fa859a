package spec

import (
	"reflect"
	"strings"
)

// comment is what a type or, with a name, one of its fields says of itself. Comments in Go begin with the Go name;
// readers know the YAML name.
func (k *Kinds) comment(t reflect.Type, name string) string {
	key := t.PkgPath() + "." + t.Name()
	if name != "" {
		key += "." + name
	}
	text, ok := ownComments[key]
	if !ok {
		text = k.Comments[key]
	}
	goName, yamlName := t.Name(), ""
	if f, ok := t.FieldByName(name); ok && name != "" {
		goName = name
		yamlName, _, _ = strings.Cut(f.Tag.Get("yaml"), ",")
	}
	rest, ok := strings.CutPrefix(text, goName+" ")
	if !ok || yamlName == "" {
		return text
	}
	return strings.ToUpper(yamlName[:1]) + yamlName[1:] + " " + rest
}
