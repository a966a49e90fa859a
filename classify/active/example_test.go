package active_test

import (
	"context"
	"fmt"

	"github.com/winnow-stream/winnow/classify/active"
)

// Of six texts the two are chosen that stand for the others best. The classifier is sure of one of them.
func Example() {
	c, err := active.New(active.Config{Count: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	c.Labelled("the app crashes on start")
	for _, k := range []active.Candidate{
		{Text: "you charged my card twice", Margin: 0.1},
		{Text: "my card was charged two times", Margin: 0.1},
		{Text: "the card was charged twice for one order", Margin: 0.1},
		{Text: "where is my parcel", Margin: 0.2},
		{Text: "my parcel has not arrived", Margin: 0.2},
		{Text: "the app crashes when it starts", Margin: 0.9},
	} {
		c.Add(&k)
	}
	picks, err := c.Choose(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range picks {
		fmt.Printf("%s (%d)\n", p.Text, p.Like)
	}
	// Output:
	// my card was charged two times (3)
	// my parcel has not arrived (2)
}
