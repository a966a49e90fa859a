package spec

import (
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/unit"
)

// identityVersion is part of every identity: it changes when the same spec would give another output.
const identityVersion = "winnow spec 1"

// Identity is a hash over everything in the spec that decides the output: state of another identity is never continued.
// What only decides how the run gets there (name, memory, batches, commits, workers, limits of time and of errors,
// tests) may change between an interruption and its continuation; connectors mark such fields by the tag identity:"-".
// Secrets are left out, and so are fields with their zero value, so that a new field changes no old identity.
func (s *Spec) Identity() string {
	h := sha256.New()
	fmt.Fprintln(h, identityVersion)
	write := func(name string, v any) {
		fmt.Fprint(h, name, "=")
		canonical(h, reflect.ValueOf(v))
		fmt.Fprintln(h)
	}
	write("source "+s.Source.Kind, s.Source.Config)
	write("text", s.Text.Text)
	write("where", s.Where.Text)
	write("classify", s.Classify)
	if s.Extract != nil {
		write("extract", s.Extract)
	}
	if s.Keyphrases != nil {
		write("keyphrases", s.Keyphrases)
	}
	for _, r := range s.Route {
		write("route", []string{r.When.Text, r.To})
	}
	for _, sink := range s.Sinks {
		write("sink "+sink.Name+" "+sink.Kind, sink.Config)
		if r := sink.Redact; r != nil {
			write("redact", r)
		}
	}
	if d := s.DeadLetters; d != nil {
		write("dead_letters "+d.Kind, d.Config)
	}
	write("on_error", string(s.OnError))
	write("max_record_bytes", s.MaxRecordBytes.Bytes())
	write("limit", s.Limit)
	write("gold", s.Gold)
	return hex.EncodeToString(h.Sum(nil))[:32]
}

// canonical writes a value so that equal values, and only those, give equal bytes.
func canonical(w io.Writer, v reflect.Value) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			fmt.Fprint(w, "nil")
			return
		}
		v = v.Elem()
	}
	if !v.IsValid() {
		fmt.Fprint(w, "nil")
		return
	}
	if t, ok := v.Interface().(encoding.TextMarshaler); ok {
		text, err := t.MarshalText()
		fmt.Fprintf(w, "%q %v", text, err)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		canonicalStruct(w, v)
	case reflect.Slice, reflect.Array:
		fmt.Fprintf(w, "[%d", v.Len())
		for i := range v.Len() {
			fmt.Fprint(w, " ")
			canonical(w, v.Index(i))
		}
		fmt.Fprint(w, "]")
	case reflect.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		fmt.Fprintf(w, "{%d", len(keys))
		for _, k := range keys {
			fmt.Fprintf(w, " %q:", fmt.Sprint(k))
			canonical(w, v.MapIndex(k))
		}
		fmt.Fprint(w, "}")
	case reflect.String:
		fmt.Fprintf(w, "%q", v.String())
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
	default:
		fmt.Fprint(w, v.Interface())
	}
}

// canonicalStruct writes the fields that a spec can set, by name.
func canonicalStruct(w io.Writer, v reflect.Value) {
	fields := structFields(v.Type())
	slices.SortFunc(fields, func(a, b structField) int { return strings.Compare(a.name, b.name) })
	fmt.Fprint(w, "(")
	for _, f := range fields {
		value := v.FieldByIndex(f.index)
		if f.field.Tag.Get("identity") == "-" || value.IsZero() || isSecret(value) {
			continue
		}
		fmt.Fprintf(w, "%s=", f.name)
		canonical(w, value)
		fmt.Fprint(w, ";")
	}
	fmt.Fprint(w, ")")
}

func isSecret(v reflect.Value) bool {
	_, ok := v.Interface().(unit.Secret)
	return ok
}
