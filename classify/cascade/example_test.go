package cascade_test

import (
	"context"
	"fmt"
	"time"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/cascade"
	"github.com/winnow-stream/winnow/classify/static"
)

// The embedded model answers what it is sure of; the rest goes to a better classifier.
func Example() {
	cheap, err := static.New(static.Config{Labels: classify.LabelSet{{Name: "billing"}, {Name: "bug"}, {Name: "praise"}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	// Stands for an encoder or a language model. Its labels may be in another order.
	dear, err := static.New(static.Config{Labels: classify.LabelSet{
		{Name: "bug", Description: "something in the product is broken"},
		{Name: "praise", Description: "the customer is happy"},
		{Name: "billing", Description: "invoices, refunds and payments"},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Unix(0, 0)
	c, err := cascade.New(cascade.Config{
		Stages: []cascade.Stage{{Classifier: cheap, Confidence: 0.95}, {Classifier: dear}},
		Clock:  func() time.Time { return now },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	batch := texts("a bug in the app", "where is my money?", "it is broken again")
	var out classify.Results
	if err := c.Classify(context.Background(), batch, &out); err != nil {
		fmt.Println(err)
		return
	}
	for i := range batch.Len() {
		fmt.Println(batch.Value(i), "→", c.Info().Labels[out.Label[i]])
	}
	fmt.Print(c.Report())
	// Output:
	// a bug in the app → bug
	// where is my money? → billing
	// it is broken again → bug
	// stage 1  static  answered 2 (66.7 %) of 3 asked, 0s
	// stage 2  static  answered 1 (33.3 %) of 1 asked, 0s
}

// Which confidence? Held-out texts tell: here the second stage is always right, and the first one when it is sure.
func ExampleCurve_Choose() {
	curve, err := cascade.NewCurve([]cascade.Outcome{
		{Confidence: 0.95, First: true, Second: true},
		{Confidence: 0.9, First: true, Second: true},
		{Confidence: 0.8, First: true, Second: true},
		{Confidence: 0.7, First: false, Second: true},
		{Confidence: 0.65, First: true, Second: true},
		{Confidence: 0.6, First: true, Second: true},
		{Confidence: 0.55, First: false, Second: true},
		{Confidence: 0.5, First: false, Second: true},
		{Confidence: 0.4, First: true, Second: true},
		{Null: true, Second: true},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, loss := range []float64{0, 0.1, 0.5} {
		c, err := curve.Choose(loss)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("a loss of at most %.2f: below %.2f goes on, %.0f %% of all\n", loss, c.Confidence, 100*c.Share)
	}
	// Output:
	// a loss of at most 0.00: below 0.80 goes on, 70 % of all
	// a loss of at most 0.10: below 0.60 goes on, 40 % of all
	// a loss of at most 0.50: below 0.00 goes on, 10 % of all
}
