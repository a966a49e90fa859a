package protobuf_test

import (
	"fmt"

	"github.com/winnow-stream/winnow/connectors/kafka/registry/protobuf"
	"github.com/winnow-stream/winnow/connectors/kafka/registry/result"
)

// A message becomes JSON, and JSON the same message; results become fields at its end.
func Example() {
	const text = `syntax = "proto3"; message Ticket { string text = 1; int64 id = 2; }`
	s, err := protobuf.Compile(text, nil)
	if err != nil {
		panic(err)
	}
	json, err := s.AppendJSON(nil, 0, []byte("\x0a\x04late\x10\x07"))
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s\n", json)
	payload, err := s.AppendBinary(nil, 0, json)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%q\n", payload)
	labelled, err := s.Labelled(text, 0, []result.Field{{Name: "label", Kind: result.Label}})
	if err != nil {
		panic(err)
	}
	fmt.Println(labelled)
	// Output:
	// {"text":"late","id":"7"}
	// "\n\x04late\x10\a"
	// syntax = "proto3"; message Ticket { string text = 1; int64 id = 2;   optional string label = 3;
	// }
}
