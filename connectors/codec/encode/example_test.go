package encode_test

import (
	"fmt"

	"github.com/winnow-stream/winnow/connectors/codec/encode"
	"github.com/winnow-stream/winnow/pipeline"
)

// Results are spliced into the bytes of a record; what the user wrote stays.
func ExampleEncoder_Append() {
	layout, result, batch := benchBatch(pipeline.RawJSON)
	batch.Rows = []int32{3}
	line, _, err := encode.New(layout, result, encode.Options{Format: encode.JSONL}).Append(nil, batch)
	fmt.Printf("%s%v\n", line, err)
	// Output:
	// {"id":"ticket-3","text":"I still have not received my new card, I ordered over 3 weeks ago and nobody answers","channel":"mail","urgent":false,"label":"card_arrival_3","confidence":0.0003,"tokens":3,"classifier":"static@1"}
	// <nil>
}
