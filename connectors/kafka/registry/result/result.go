// Package result names the fields that winnow adds to a record, so that each schema language can declare them. It may
// import pipeline/fault.
package result

import (
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Kind is what a field holds.
type Kind uint8

const (
	Label      Kind = iota // the label: text, null for none
	Confidence             // 0..1, a 32-bit float, null for none
	Labels                 // all labels with their confidences, in order: a list of {label, confidence}
	Tokens                 // how many tokens were classified: an integer
	Classifier             // which classifier said so: text
	Entities               // entities in order: a list of {type, text, start, end, confidence}, and id where there are some
	EntitiesWithID
	Keyphrases         // free tags, best first: a list of {text, score}
	Explanation        // the words that moved the label's score: a list of {word, weight, start, end}
	ExplanationByLabel // the same for each of the labels: a list of {word, weight, start, end, label}
)

// Field is one field that is added. Its name may carry a prefix.
type Field struct {
	Name string
	Kind Kind
}

// Names are the names of fields.
func Names(fields []Field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}

// Check finds a name that no schema language could declare: they allow ASCII letters, digits and _, no digit first.
func Check(fields []Field) error {
	for _, f := range fields {
		if !identifier(f.Name) {
			return fault.New(fault.SchemaInvalid, "%q can't be the name of a field in a schema", f.Name).
				WithFix("set prefix: to letters, digits and _, not beginning with a digit")
		}
	}
	return nil
}

func identifier(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c-'0' > 9) {
			return false
		}
	}
	return s != ""
}

// Conflict is the error of a schema that has a field of a result's name already.
func Conflict(name string) error {
	return fault.New(fault.RecordFieldConflict, "the record's schema already has a field %s", name)
}

// Pascal writes a name as the names of types are written: predicted_labels as PredictedLabels.
func Pascal(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}
