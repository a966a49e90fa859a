package spec

import (
	"bytes"
	"cmp"
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Parse reads a spec. The name is that of its file, for messages. Each of sets is a path and a value,
// "source.file.path=other.csv", and replaces what the file says. The error joins everything that is wrong as
// *fault.Error, in the order of the file; fault.List takes it apart.
func Parse(name string, data []byte, kinds Kinds, env Env, sets ...string) (*Spec, error) {
	root, errs := parseDocument(name, bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF")))
	if root == nil {
		return nil, joined(name, errs)
	}
	for _, set := range sets {
		if err := override(root, set); err != nil {
			errs = append(errs, err)
		}
	}
	s := New()
	s.places = places{}
	root.mark("", s.places)
	errs = append(errs, substitute(root, env)...)
	d := &decoder{kinds: &kinds}
	d.value(root, reflect.ValueOf(s).Elem(), rules{})
	errs = distinct(append(errs, d.errs...))
	if s.Name == "" {
		s.Name = nameOf(name)
	}
	for _, e := range fault.List(s.Check(kinds)) {
		if !slices.ContainsFunc(errs, func(known *fault.Error) bool { return related(known.Where.Path, e.Where.Path) }) {
			errs = append(errs, e)
		}
	}
	if len(errs) > 0 {
		return nil, joined(name, errs)
	}
	s.Warnings = append(s.Warnings, d.warnings...)
	return s, nil
}

// nameOf is a file's name without its folder and ending.
func nameOf(file string) string {
	base := filepath.Base(file)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// distinct keeps the first error of each place: what can't be substituted can't be decoded either.
func distinct(errs []*fault.Error) []*fault.Error {
	var out []*fault.Error
	for _, e := range errs {
		same := func(o *fault.Error) bool {
			return o.Where == e.Where && (o.What == e.What || o.Code == fault.ConfigEnv)
		}
		if !slices.ContainsFunc(out, same) {
			out = append(out, e)
		}
	}
	return out
}

// related reports whether one path is the other or lies inside of it, so that the second error would follow from the
// first.
func related(known, path string) bool {
	if known == "" {
		return true
	}
	return inside(known, path) || inside(path, known) && path != ""
}

func inside(outer, inner string) bool {
	rest, ok := strings.CutPrefix(inner, outer)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

func joined(name string, errs []*fault.Error) error {
	slices.SortStableFunc(errs, func(a, b *fault.Error) int {
		x, y := a.Where, b.Where
		if (x.File == name) != (y.File == name) {
			if x.File == name {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(x.Line, y.Line), cmp.Compare(x.Column, y.Column))
	})
	all := make([]error, len(errs))
	for i, e := range errs {
		all[i] = e
	}
	return errors.Join(all...)
}
