package avro_test

import (
	"fmt"

	"github.com/winnow-stream/winnow/connectors/kafka/registry/avro"
)

// A payload becomes JSON, and JSON the same payload.
func Example() {
	s, err := avro.Compile(`{"type":"record","name":"Ticket","fields":[
		{"name":"text","type":"string"},
		{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},
		{"name":"price","type":["null",{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}]}]}`, nil)
	if err != nil {
		panic(err)
	}
	json, err := s.AppendJSON(nil, []byte("\x08late\xf6\xa9\x9f\xf6\xab\x63\x02\x04\x04\xce"))
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s\n", json)
	payload, err := s.AppendBinary(nil, json)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%q\n", payload)
	_, err = s.AppendJSON(nil, []byte("\x08la"))
	fmt.Println(err)
	// Output:
	// {"text":"late","time":"2024-01-31T12:00:00.123Z","price":12.30}
	// "\blate\xf6\xa9\x9f\xf6\xabc\x02\x04\x04\xce"
	// field text: record.schema: the Avro bytes do not fit the schema: it is cut short: 4 bytes are announced, 2 are left
}
