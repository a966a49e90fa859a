package result_test

import (
	"fmt"
	"testing"

	"github.com/winnow-stream/winnow/connectors/kafka/registry/result"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

func TestCheck(t *testing.T) {
	for name, ok := range map[string]bool{"label": true, "_x9": true, "Prefix_label": true, "": false, "9x": false, "a-b": false, "é": false, "a b": false} {
		err := result.Check([]result.Field{{Name: "sound"}, {Name: name}})
		if ok && err != nil || !ok && !fault.Is(err, fault.SchemaInvalid) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestPascal(t *testing.T) {
	for in, want := range map[string]string{"labels": "Labels", "predicted_labels": "PredictedLabels", "__a_": "A"} {
		if got := result.Pascal(in); got != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
	}
}

// Names of fields must be such that Avro and Protobuf can declare them.
func Example() {
	fmt.Println(result.Check([]result.Field{{Name: "predicted-label", Kind: result.Label}}))
	// Output: schema.invalid: "predicted-label" can't be the name of a field in a schema
}
