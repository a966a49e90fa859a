package prototype_test

import (
	"fmt"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/prototype"
	"github.com/winnow-stream/winnow/classify/static"
)

// A set answers by vectors, wherever they come from: here, from the embedded static table.
func Example() {
	table, err := static.Embedded()
	if err != nil {
		fmt.Println(err)
		return
	}
	e := table.Embedder()
	space := prototype.Space{Backend: "example", Hash: table.Hash(), Dim: table.Dim(), Calibration: prototype.Calibration{
		Temperature: func(int) float64 { return 0.07 }, Coolest: 0.02, Warmest: 0.12, Slope: 10, Many: -0.9, Detection: -1.6,
	}}
	set, err := prototype.New(prototype.Config{Labels: classify.LabelSet{{Name: "billing"}, {Name: "bug"}}}, space, e)
	if err != nil {
		fmt.Println(err)
		return
	}
	var out classify.Results
	out.Reset(1)
	vector, _ := e.Embed([]byte("please send me the invoice again"))
	set.Answer(vector, 0, &out, set.NewScratch())
	fmt.Println(set.Info().Labels[out.Label[0]])
	// Output: billing
}
