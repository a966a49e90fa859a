package spec

import (
	"bytes"
	"reflect"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Setting is one value that replaces or adds what a document says.
type Setting struct {
	From  string // what it is called where it comes from, for messages: --listen, WINNOW_SERVE_LISTEN
	Path  string // limits.texts
	Value string // YAML
}

// Decode reads a document other than a spec, such as a server's settings, into a struct with its defaults set: by the
// rules, tags and messages of specs, with settings that go before what the document says. The error joins everything
// that is wrong, as that of Parse does.
func Decode(name string, data []byte, into any, env Env, settings ...Setting) error {
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	root := &node{kind: mapNode, at: fault.Where{File: name}}
	var errs []*fault.Error
	if len(bytes.TrimSpace(data)) > 0 { // settings may be enough
		if root, errs = parseDocument(name, data); root == nil {
			return joined(name, errs)
		}
	}
	for _, s := range settings {
		if err := assign(root, s.Path, s.Value, fault.Where{File: s.From, Path: s.Path}); err != nil {
			errs = append(errs, err)
		}
	}
	root.mark("", places{})
	errs = append(errs, substitute(root, env)...)
	d := &decoder{kinds: &Kinds{}}
	d.value(root, reflect.ValueOf(into).Elem(), rules{})
	if errs = distinct(append(errs, d.errs...)); len(errs) > 0 {
		return joined(name, errs)
	}
	return nil
}

// Paths lists the settings below a struct that hold one value or a list each, as Setting.Path names them.
func Paths(of any) []string { return leaves(reflect.TypeOf(of), "") }

func leaves(t reflect.Type, prefix string) []string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if _, scalar := reflect.New(t).Interface().(interface{ UnmarshalText([]byte) error }); t.Kind() != reflect.Struct || scalar {
		return []string{prefix}
	}
	var all []string
	for _, f := range structFields(t) {
		all = append(all, leaves(f.field.Type, extend(prefix, f.name))...)
	}
	return all
}
