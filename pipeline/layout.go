package pipeline

import (
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Names returns the names of the layout's columns in order.
func (l *Layout) Names() []string {
	names := make([]string, l.Schema.NumFields())
	for i, f := range l.Schema.Fields() {
		names[i] = f.Name
	}
	return names
}

// Field returns a column of the layout by name, or a nested one by its dotted path, for a Projection. In an open
// layout a field that the schema does not know is one of unknown type: its JSON text.
func (l *Layout) Field(name string) (arrow.Field, error) {
	if i := l.Schema.FieldIndices(name); len(i) > 0 {
		return l.Schema.Field(i[0]), nil
	}
	for _, f := range l.Hidden {
		if f.Name == name {
			return f, nil
		}
	}
	if f, ok := nested(l.Schema.Fields(), strings.Split(name, ".")); ok {
		f.Name = name
		return f, nil
	}
	if l.Open {
		return arrow.Field{Name: name, Type: arrow.BinaryTypes.String, Nullable: true, Metadata: JSONText}, nil
	}
	return arrow.Field{}, l.UnknownColumn(name)
}

// Knows reports whether a column is one of the schema's, or a hidden one.
func (l *Layout) Knows(name string) bool {
	return l.Schema.HasField(name) || slices.ContainsFunc(l.Hidden, func(f arrow.Field) bool { return f.Name == name })
}

// Has reports whether the schema knows a field, or the one that it lies in.
func (l *Layout) Has(name string) bool {
	top, _, _ := strings.Cut(name, ".")
	return l.Schema.HasField(name) || l.Schema.HasField(top)
}

// JSONText marks utf8 columns whose values are JSON texts rather than strings.
var JSONText = arrow.NewMetadata([]string{"json"}, []string{"true"})

// IsJSONText reports whether a field's values are JSON texts.
func IsJSONText(f arrow.Field) bool {
	v, ok := f.Metadata.GetValue("json")
	return ok && v == "true"
}

// MixedText marks columns of JSON texts of which some are strings, or all seen so far were null: who asks for strings
// gets them, and the other values are the faults of their records.
var MixedText = arrow.NewMetadata([]string{"json", "strings"}, []string{"true", "true"})

// MayHoldText reports whether a column can be asked for as strings.
func MayHoldText(f arrow.Field) bool {
	v, ok := f.Metadata.GetValue("strings")
	return ok && v == "true" || !IsJSONText(f)
}

// NumberText marks utf8 columns that seem to hold numbers alone: nobody means them by "the text".
var NumberText = arrow.NewMetadata([]string{"looks"}, []string{"number"})

// IsNumberText reports whether a column of text seems to hold numbers alone.
func IsNumberText(f arrow.Field) bool {
	v, ok := f.Metadata.GetValue("looks")
	return ok && v == "number"
}

// UnknownColumn is the error for a column that the input does not have.
func (l *Layout) UnknownColumn(name string) *fault.Error {
	return fault.New(fault.ColumnsUnknown, "there is no column %q; the columns are %s", name, strings.Join(l.Names(), ", "))
}

func nested(fields []arrow.Field, path []string) (arrow.Field, bool) {
	for _, f := range fields {
		if f.Name != path[0] {
			continue
		}
		if len(path) == 1 {
			return f, true
		}
		if s, ok := f.Type.(*arrow.StructType); ok {
			inner, found := nested(s.Fields(), path[1:])
			inner.Nullable = inner.Nullable || f.Nullable
			return inner, found
		}
	}
	return arrow.Field{}, false
}
