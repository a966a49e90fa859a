package jsonschema_test

import (
	"fmt"

	"github.com/winnow-stream/winnow/connectors/kafka/registry/jsonschema"
	"github.com/winnow-stream/winnow/connectors/kafka/registry/result"
)

// A record is held against its schema, and results are declared in it.
func Example() {
	const text = `{"type":"object","properties":{"text":{"type":"string"}}}`
	s, err := jsonschema.Compile(text, nil)
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Validate([]byte(`{"text":5}`)))
	labelled, err := jsonschema.Labelled(text, []result.Field{{Name: "label", Kind: result.Label}})
	if err != nil {
		panic(err)
	}
	fmt.Println(labelled)
	// Output:
	// field text: record.schema: the record does not fit its JSON Schema: got number, want string
	// {"type":"object","properties":{"text":{"type":"string"},"label":{"type":["string","null"]}}}
}
