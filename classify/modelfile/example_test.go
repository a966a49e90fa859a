package modelfile_test

import (
	"bytes"
	"fmt"

	"github.com/winnow-stream/winnow/classify/modelfile"
)

// A header tells how long the arrays behind it are.
func Example() {
	format := modelfile.Format{Magic: "winnowEX", Version: 1, Noun: "model", MaxHeader: 1 << 10}
	type header struct{ Weights int }

	var file bytes.Buffer
	if _, err := format.Write(&file, header{3}, []float32{0.5, 0.25, -1}); err != nil {
		fmt.Println(err)
		return
	}
	var h header
	in, err := format.Open(&file, &h)
	if err != nil {
		fmt.Println(modelfile.Invalid(err))
		return
	}
	weights := modelfile.Slice[float32](in, h.Weights)
	if _, err := in.Close(); err != nil {
		fmt.Println(modelfile.Invalid(err))
		return
	}
	fmt.Println(weights)
	// Output: [0.5 0.25 -1]
}
