package jsonschema

import (
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/connectors/kafka/registry/result"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

const review = `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"text":{"type":"string"},"who":{"$ref":"who.json"}},"required":["text"],"additionalProperties":false}`

var references = map[string]string{"who.json": `{"type":"object","properties":{"age":{"type":"integer"}}}`}

func TestValidate(t *testing.T) {
	s, err := Compile(review, references)
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		`{"text":"a","who":{"age":3}}`:   "",
		`{"text":1}`:                     "text: record.schema: the record does not fit its JSON Schema: got number, want string",
		`{}`:                             "missing property 'text'",
		`{"text":"a","who":{"age":"x"}}`: "who.age",
		`{"text":"a","x":1}`:             "additional properties",
		`{"text":`:                       "no JSON",
	} {
		err := s.Validate([]byte(in))
		if want == "" && err != nil || want != "" && (!fault.Is(err, fault.RecordSchema) || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestBadSchemas(t *testing.T) {
	for _, text := range []string{``, `{`, `{"type":5}`, `{"$ref":"file:///etc/passwd"}`, `{"$ref":"http://localhost/x"}`, `{"$ref":"other.json"}`} {
		if _, err := Compile(text, nil); !fault.Is(err, fault.SchemaInvalid) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestLabelled(t *testing.T) {
	fields := []result.Field{{Name: "label", Kind: result.Label}, {Name: "labels", Kind: result.Labels}, {Name: "confidence", Kind: result.Confidence}, {Name: "tokens", Kind: result.Tokens}, {Name: "classifier", Kind: result.Classifier}}
	for _, text := range []string{review, `{}`, `{"properties":{}}`, ` { "properties" : { "a" : true } } `} {
		labelled, err := Labelled(text, fields)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Compile(labelled, references)
		if err != nil {
			t.Fatalf("%s: %v", labelled, err)
		}
		if err := s.Validate([]byte(`{"text":"a","label":null,"confidence":0.5,"labels":[{"label":"x","confidence":1}],"tokens":5,"classifier":"m"}`)); err != nil {
			t.Errorf("%s: %v", labelled, err)
		}
		if err := s.Validate([]byte(`{"text":"a","label":5}`)); err == nil {
			t.Errorf("%s takes any label", labelled)
		}
		if _, err := Labelled(labelled, fields); !fault.Is(err, fault.RecordFieldConflict) {
			t.Errorf("labelled twice: %v", err)
		}
	}
	if _, err := Labelled(`true`, fields); !fault.Is(err, fault.SchemaInvalid) {
		t.Errorf("labelled true: %v", err)
	}
}
