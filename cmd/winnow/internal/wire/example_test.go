package wire_test

import (
	"fmt"
	"slices"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
)

// The flags of winnow classify become a spec, as a YAML file does.
func ExampleSimple_Spec() {
	flags := wire.Simple{
		Inputs: []string{"../../../../testdata/demo/tickets.parquet"},
		Labels: classify.LabelSet{{Name: "billing"}, {Name: "technical"}},
		Output: "labelled.csv",
	}
	s, err := flags.Spec()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Source.Kind, s.Sinks[0].Kind, slices.Contains(wire.Kinds().Backends, "static"))
	// Output: parquet file true
}
