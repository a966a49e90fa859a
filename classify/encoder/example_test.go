package encoder_test

import (
	"context"
	"fmt"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/encoder"
	"github.com/winnow-stream/winnow/classify/prototype"
)

// Labels need no training: a name does, and a description helps.
func Example() {
	c, err := encoder.New(encoder.Config{Config: prototype.Config{Labels: classify.LabelSet{
		{Name: "billing", Description: "invoices, refunds and payments"},
		{Name: "bug", Description: "something in the product is broken"},
		{Name: "praise", Description: "the customer is happy"},
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	texts := evalset.Array("you charged me twice", "nothing happens when I press the button")
	defer texts.Release()
	var out classify.Results
	if err := c.Classify(context.Background(), texts, &out); err != nil {
		fmt.Println(err)
		return
	}
	for i := range texts.Len() {
		fmt.Println(texts.Value(i), "→", c.Info().Labels[out.Label[i]])
	}
	// Output:
	// you charged me twice → billing
	// nothing happens when I press the button → bug
}

// Vectors of texts with close meanings have a high dot product.
func ExampleEncoder_Encode() {
	m, err := encoder.Embedded()
	if err != nil {
		fmt.Println(err)
		return
	}
	e := encoder.NewEncoder(m, 1)
	texts := evalset.Array("my card was stolen", "somebody took my credit card", "what a lovely day")
	defer texts.Release()
	var v encoder.Vectors
	if err := e.Encode(context.Background(), texts, &v); err != nil {
		fmt.Println(err)
		return
	}
	dot := func(i, j int) (sum float32) {
		for d, x := range v.Row(i) {
			sum += x * v.Row(j)[d]
		}
		return sum
	}
	fmt.Println(v.Tokens, dot(0, 1) > dot(0, 2))
	// Output: [4 5 4] true
}
