// Package jsonschema checks JSON objects against a JSON Schema that a registry keeps, and declares winnow's results in
// it. It loads no schema from anywhere but its arguments. It may import pipeline/fault and a library for JSON Schema.
package jsonschema

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/tidwall/gjson"

	"github.com/winnow-stream/winnow/connectors/codec/jsonl"
	"github.com/winnow-stream/winnow/connectors/kafka/registry/result"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Schema is a compiled JSON Schema. It is safe for concurrent use.
type Schema struct{ compiled *jsonschema.Schema }

// base is the address that relative references begin from.
const base = "registry:///"

// Compile reads a schema. References are the schemas that it refers to, by the addresses it uses for them.
func Compile(text string, references map[string]string) (s *Schema, err error) {
	defer func() {
		if r := recover(); r != nil { // the text comes from outside, and so does the library that reads it
			s, err = nil, fault.New(fault.SchemaInvalid, "the JSON Schema can't be read: %v", r)
		}
	}()
	c := jsonschema.NewCompiler()
	c.UseLoader(nowhere{})
	references = withTop(references, text)
	for name, text := range references {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err == nil {
			err = c.AddResource(address(name), doc)
		}
		if err != nil {
			return nil, fault.New(fault.SchemaInvalid, "the JSON Schema can't be read: %w", err)
		}
	}
	compiled, err := c.Compile(address(top))
	if err != nil {
		return nil, fault.New(fault.SchemaInvalid, "the JSON Schema can't be read: %w", err)
	}
	return &Schema{compiled}, nil
}

const top = "the-schema"

func withTop(references map[string]string, text string) map[string]string {
	all := map[string]string{top: text}
	for name, r := range references {
		all[name] = r
	}
	return all
}

func address(name string) string {
	if strings.Contains(name, "://") {
		return name
	}
	return base + strings.TrimPrefix(name, "/")
}

// nowhere loads nothing.
type nowhere struct{}

func (nowhere) Load(url string) (any, error) {
	return nil, fmt.Errorf("the schema refers to %s, which the registry does not name", url)
}

// Validate checks an object; a mistake has the code record.schema.
func (s *Schema) Validate(json []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fault.New(fault.RecordSchema, "the record does not fit its JSON Schema: %v", r)
		}
	}()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(json))
	if err != nil {
		return fault.New(fault.RecordSchema, "the record is no JSON: %w", err)
	}
	var invalid *jsonschema.ValidationError
	if err := s.compiled.Validate(v); errors.As(err, &invalid) {
		where, what := deepest(invalid)
		return fault.New(fault.RecordSchema, "the record does not fit its JSON Schema: %s", what).At(fault.Where{Field: where})
	} else if err != nil {
		return fault.New(fault.RecordSchema, "the record does not fit its JSON Schema: %w", err)
	}
	return nil
}

// deepest is the first cause that has no cause itself, and the field it speaks of.
func deepest(err *jsonschema.ValidationError) (where, what string) {
	for len(err.Causes) > 0 {
		err = err.Causes[0]
	}
	what = err.Error()
	if i := strings.LastIndex(what, "': "); i >= 0 {
		what = what[i+len("': "):]
	}
	return strings.Join(err.InstanceLocation, "."), what
}

// Labelled is a schema's text with fields added to its top properties; all else of it stays as it is.
func Labelled(text string, fields []result.Field) (string, error) {
	if !gjson.Valid(text) || !gjson.Parse(text).IsObject() {
		return "", fault.New(fault.SchemaInvalid, "the JSON Schema is no JSON object")
	}
	var members []byte
	properties := gjson.Get(text, "properties")
	for i, f := range fields {
		if properties.Get(f.Name).Exists() {
			return "", result.Conflict(f.Name)
		}
		if i > 0 {
			members = append(members, ',')
		}
		members = append(append(jsonl.AppendString(members, f.Name), ':'), declarations[f.Kind]...)
	}
	if !properties.IsObject() {
		members = append(append([]byte(`"properties":{`), members...), '}')
		return string(jsonl.AppendSpliced(nil, []byte(text), members)), nil
	}
	at, end := properties.Index, properties.Index+len(properties.Raw)
	return text[:at] + string(jsonl.AppendSpliced(nil, []byte(properties.Raw), members)) + text[end:], nil
}

// declarations allow null in each: a record without an answer has it.
var declarations = [...]string{
	result.Label:      `{"type":["string","null"]}`,
	result.Confidence: `{"type":["number","null"]}`,
	result.Labels: `{"type":["array","null"],"items":{"type":"object","properties":` +
		`{"label":{"type":"string"},"confidence":{"type":"number"}}}}`,
	result.Tokens:     `{"type":["integer","null"]}`,
	result.Classifier: `{"type":["string","null"]}`,
	result.Entities: `{"type":["array","null"],"items":{"type":"object","properties":{"type":{"type":"string"},"text":{"type":"string"},` +
		`"start":{"type":"integer"},"end":{"type":"integer"},"confidence":{"type":"number"}}}}`,
	result.EntitiesWithID: `{"type":["array","null"],"items":{"type":"object","properties":{"type":{"type":"string"},"text":{"type":"string"},` +
		`"start":{"type":"integer"},"end":{"type":"integer"},"confidence":{"type":"number"},"id":{"type":["string","null"]}}}}`,
	result.Keyphrases: `{"type":["array","null"],"items":{"type":"object","properties":{"text":{"type":"string"},"score":{"type":"number"}}}}`,
	result.Explanation: `{"type":["array","null"],"items":{"type":"object","properties":{"word":{"type":"string"},"weight":{"type":"number"},` +
		`"start":{"type":"integer"},"end":{"type":"integer"}}}}`,
	result.ExplanationByLabel: `{"type":["array","null"],"items":{"type":"object","properties":{"word":{"type":"string"},"weight":{"type":"number"},` +
		`"start":{"type":"integer"},"end":{"type":"integer"},"label":{"type":"string"}}}}`,
}
