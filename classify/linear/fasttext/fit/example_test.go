package fit_test

import (
	"context"
	"fmt"

	"github.com/winnow-stream/winnow/classify/linear/fasttext/fit"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/train"
)

// A model is trained and calibrated, and what it reaches on texts that it was not shown is told.
func Example() {
	var examples []train.Example
	for i := range 100 {
		examples = append(
			examples,
			train.Example{Text: fmt.Sprint("the invoice is wrong ", i), Labels: []string{"billing"}},
			train.Example{Text: fmt.Sprint("the site is down ", i), Labels: []string{"outage"}},
		)
	}
	cfg := fit.Config{Parameters: train.Config{LR: 0.5, Epoch: 20, Dim: 10}, Workers: 1}
	m, report, err := fit.Train(context.Background(), cfg, examples, nil)
	if err != nil {
		panic(err)
	}
	fmt.Println(m.Labels(), float64(report.Quality.Accuracy))
	// Output: [billing outage] 1
}
