package static_test

import (
	"context"
	"fmt"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/static"
)

// Labels need no training: a name does, and a description helps.
func Example() {
	c, err := static.New(static.Config{Labels: classify.LabelSet{
		{Name: "billing", Description: "invoices, refunds and payments"},
		{Name: "bug", Description: "something in the product is broken"},
		{Name: "praise", Description: "the customer is happy"},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	texts := evalset.Array("you charged me twice", "it crashes all the time")
	defer texts.Release()
	var out classify.Results
	if err := c.Classify(context.Background(), texts, &out); err != nil {
		fmt.Println(err)
		return
	}
	for i := range texts.Len() {
		fmt.Println(texts.Value(i), "→", c.Info().Labels[out.Label[i]], out.Confidence[i])
	}
	// Output:
	// you charged me twice → billing 0.9635
	// it crashes all the time → bug 0.9369
}

// One label alone is detection: the confidence says how likely the text is about it at all.
func ExampleNew_detection() {
	c, err := static.New(static.Config{
		Labels:  classify.LabelSet{{Name: "refund request", Description: "the customer wants money back"}},
		Answers: classify.Answers{Abstain: 0.6},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	texts := evalset.Array("I want my money back", "what time is it in Tokyo?")
	defer texts.Release()
	var out classify.Results
	if err := c.Classify(context.Background(), texts, &out); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(out.Label, out.Reason[1])
	// Output: [0 -1] abstained
}

// A refinement reads a bounded input once, and labels it better in a second pass.
func ExampleClassifier_NewRefinement() {
	c, err := static.New(static.Config{Labels: classify.LabelSet{{Name: "billing"}, {Name: "bug"}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := c.NewRefinement()
	texts := evalset.Array("refund please", "it crashes") // and many more
	defer texts.Release()
	if err := r.Add(texts); err != nil {
		fmt.Println(err)
		return
	}
	state, err := r.Finish(context.Background()) // to be kept, so that a resumed run labels alike
	if err != nil {
		fmt.Println(err)
		return
	}
	refined, err := c.Refined(state)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(refined.Info().Labels)
	// Output: [billing bug]
}
