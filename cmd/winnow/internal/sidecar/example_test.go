package sidecar_test

import (
	"fmt"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/sidecar"
)

// A folder of part files has its neighbours beside it, not in it.
func Example() {
	for _, output := range []string{"out.csv", "labelled/"} {
		fmt.Println(sidecar.Rejected(output), sidecar.State(output))
	}
	fmt.Println(sidecar.StateOf("tickets"), sidecar.IsRejected("labelled.rejected.jsonl"))
	// Output:
	// out.csv.rejected.jsonl out.csv.winnow
	// labelled.rejected.jsonl labelled.winnow
	// .winnow/tickets true
}
