package spec

import (
	"reflect"
	"slices"
	"strings"
)

// reloaded are the fields that may change while a pipeline runs.
var reloaded = []string{"text", "where", "classify", "extract", "keyphrases", "route", "tests"}

// Fixed lists the fields in which another spec differs from this one and which can't change while the pipeline runs. What
// an identity leaves out of connectors, secrets among it, is not compared: it is read when the pipeline starts.
func (s *Spec) Fixed(next *Spec) []string {
	var changed []string
	a, b := reflect.ValueOf(s).Elem(), reflect.ValueOf(next).Elem()
	for _, f := range structFields(a.Type()) {
		if !slices.Contains(reloaded, f.name) && written(a.FieldByIndex(f.index)) != written(b.FieldByIndex(f.index)) {
			changed = append(changed, f.name)
		}
	}
	if k, n := s.Classify, next.Classify; k != nil && n != nil {
		if k.Prefix != n.Prefix {
			changed = append(changed, "classify.prefix")
		}
		if k.Refine != n.Refine {
			changed = append(changed, "classify.refine")
		}
	}
	if x, n := s.Extract, next.Extract; x != nil && n != nil && x.Prefix != n.Prefix {
		changed = append(changed, "extract.prefix")
	}
	if x, n := s.Keyphrases, next.Keyphrases; x != nil && n != nil && x.Prefix != n.Prefix {
		changed = append(changed, "keyphrases.prefix")
	}
	return changed
}

// written is a value's canonical form.
func written(v reflect.Value) string {
	var b strings.Builder
	canonical(&b, v)
	return b.String()
}
