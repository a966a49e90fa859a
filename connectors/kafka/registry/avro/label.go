package avro

import (
	"fmt"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/winnow-stream/winnow/connectors/kafka/registry/result"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Labelled is the schema's text with fields added at the end of its top record, each with a default, so that readers
// of the new schema read old records and the other way round. All else of the text stays as it is. Text is what s was
// compiled from.
func (s *Schema) Labelled(text string, fields []result.Field) (string, error) {
	list := gjson.Get(text, "fields")
	if !list.IsArray() || list.Index == 0 {
		return "", fault.New(fault.SchemaInvalid, "the Avro schema's top names a record that is defined elsewhere").
			WithFix("register the record's own schema")
	}
	var b strings.Builder
	separate := len(s.root.fields) > 0
	for _, f := range fields {
		if s.Has(f.Name) {
			return "", result.Conflict(f.Name)
		}
		if separate {
			b.WriteByte(',')
		}
		separate = true
		b.WriteString(s.declare(f))
	}
	end := list.Index + len(list.Raw) - 1 // the bracket
	return text[:end] + b.String() + text[end:], nil
}

func (s *Schema) declare(f result.Field) string {
	switch f.Kind {
	case result.Confidence:
		return fmt.Sprintf(`{"name":%q,"type":["null","float"],"default":null}`, f.Name)
	case result.Labels:
		return fmt.Sprintf(`{"name":%q,"type":{"type":"array","items":{"type":"record","name":%q,"fields":[`+
			`{"name":"label","type":"string"},{"name":"confidence","type":"float"}]}},"default":[]}`, f.Name, s.free(f.Name))
	case result.Entities, result.EntitiesWithID:
		id := ""
		if f.Kind == result.EntitiesWithID {
			id = `,{"name":"id","type":["null","string"],"default":null}`
		}
		return fmt.Sprintf(`{"name":%q,"type":{"type":"array","items":{"type":"record","name":%q,"fields":[`+
			`{"name":"type","type":"string"},{"name":"text","type":"string"},{"name":"start","type":"int"},{"name":"end","type":"int"},`+
			`{"name":"confidence","type":"float"}%s]}},"default":[]}`, f.Name, s.free(f.Name), id)
	case result.Keyphrases:
		return fmt.Sprintf(`{"name":%q,"type":{"type":"array","items":{"type":"record","name":%q,"fields":[`+
			`{"name":"text","type":"string"},{"name":"score","type":"float"}]}},"default":[]}`, f.Name, s.free(f.Name))
	case result.Explanation, result.ExplanationByLabel:
		label := ""
		if f.Kind == result.ExplanationByLabel {
			label = `,{"name":"label","type":"string"}`
		}
		return fmt.Sprintf(`{"name":%q,"type":{"type":"array","items":{"type":"record","name":%q,"fields":[`+
			`{"name":"word","type":"string"},{"name":"weight","type":"float"},{"name":"start","type":"int"},{"name":"end","type":"int"}%s]}},"default":[]}`,
			f.Name, s.free(f.Name), label)
	case result.Tokens:
		return fmt.Sprintf(`{"name":%q,"type":"int","default":0}`, f.Name)
	case result.Classifier:
		return fmt.Sprintf(`{"name":%q,"type":"string","default":""}`, f.Name)
	default:
		return fmt.Sprintf(`{"name":%q,"type":["null","string"],"default":null}`, f.Name)
	}
}

// free is a name for the type of a list's items that the schema does not have yet, in the top record's namespace.
func (s *Schema) free(field string) string {
	name := s.root.name[strings.LastIndexByte(s.root.name, '.')+1:] + result.Pascal(field)
	space := s.root.name[:strings.LastIndexByte(s.root.name, '.')+1]
	for s.names[space+name] != nil {
		name += "_"
	}
	return name
}
