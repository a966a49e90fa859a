package classifytest_test

import (
	"testing"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/classifytest"
	"github.com/winnow-stream/winnow/classify/static"
)

// A backend's tests run the suite over it.
func ExampleRun() {
	_ = func(t *testing.T) {
		classifytest.Run(t, func() classify.Classifier {
			c, err := static.New(static.Config{Labels: classify.LabelSet{{Name: "spam"}, {Name: "ham"}}})
			if err != nil {
				t.Fatal(err)
			}
			return c
		})
	}
	// Output:
}
