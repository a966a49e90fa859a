package evalset_test

import (
	"fmt"
	"testing"

	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/static"
)

// A test of a backend's quality measures it by a set, where there is one.
func Example() {
	_ = func(t *testing.T) { // func TestQuality(t *testing.T)
		s := evalset.Load(t, "banking77")
		k, err := static.New(static.Config{Labels: s.Labels})
		if err != nil {
			t.Fatal(err)
		}
		if q := evalset.Measure(t, k, s.Test); q.Accuracy < 65 || q.ECE > 0.07 {
			t.Errorf("%+v", q)
		}
	}
	fmt.Println(evalset.Array("a text", "another").Len())
	// Output: 2
}
