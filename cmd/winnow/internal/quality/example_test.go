package quality_test

import (
	"encoding/json"
	"fmt"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/quality"
)

// A score that has no records behind it is unknown: null in JSON.
func ExampleRatio() {
	for _, s := range []quality.Score{quality.Ratio(3, 4), quality.Ratio(0, 0)} {
		data, err := json.Marshal(s)
		fmt.Println(string(data), s.Known(), err)
	}
	// Output:
	// 0.75 true <nil>
	// null false <nil>
}
