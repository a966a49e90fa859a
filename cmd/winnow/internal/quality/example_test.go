package quality_test

import (
	"fmt"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/quality"
	"github.com/winnow-stream/winnow/pipeline"
)

func ExampleNew() {
	t := &pipeline.Tally{
		Labels: []pipeline.LabelTally{{Name: "spam"}, {Name: "ham"}},
		Gold:   &pipeline.GoldTally{Confusion: []int64{3, 1, 0, 0, 4, 0, 0, 0, 0}},
	}
	q := quality.New(t)
	fmt.Println(q.Rows, q.Accuracy, q.Confusions)
	// Output: 8 0.875 [{spam ham 1}]
}
