package spec

import (
	"reflect"
	"strings"
)

// comment is what a type or, with a name, one of its fields says of itself. Comments in Go may begin with the Go name;
// readers know the YAML name, which a field has in its tag.
func (k *Kinds) comment(t reflect.Type, name string) string {
	text := k.lookUp(t, name)
	if t.Kind() != reflect.Struct {
		return text
	}
	if f, ok := t.FieldByName(name); ok {
		yamlName, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		return renamed(text, name, yamlName)
	}
	return text
}

// renamed puts a name that readers know for the Go name at the beginning of a comment.
func renamed(text, goName, name string) string {
	if rest, ok := strings.CutPrefix(text, goName+" "); ok && name != "" {
		return "`" + name + "` " + rest
	}
	return text
}

func (k *Kinds) lookUp(t reflect.Type, name string) string {
	key := t.PkgPath() + "." + t.Name()
	if name != "" {
		key += "." + name
	}
	if text, ok := ownComments[key]; ok {
		return text
	}
	return k.Comments[key]
}
