package learning_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/winnow-stream/winnow/classify/learning"
)

func ExampleExtrapolate() {
	curve := []learning.Point{{Rows: 100, Score: 0.80}, {Rows: 400, Score: 0.90}}
	fmt.Printf("%.3f\n", learning.Extrapolate(curve, 1600))
	// Output: 0.950
}

func TestExtrapolate(t *testing.T) {
	var curve []learning.Point
	for _, n := range []int{100, 200, 400, 800} {
		curve = append(curve, learning.Point{Rows: n, Score: 1 - 2*math.Pow(float64(n), -0.5)})
	}
	if got, want := learning.Extrapolate(curve, 3200), 1-2*math.Pow(3200, -0.5); math.Abs(got-want) > 1e-6 {
		t.Errorf("%v, want %v", got, want)
	}
	if got := learning.Extrapolate(curve[:1], 3200); got != 0 {
		t.Errorf("%v of one point, want 0", got)
	}
	falling := []learning.Point{{Rows: 100, Score: 0.9}, {Rows: 200, Score: 0.8}}
	if got := learning.Extrapolate(falling, 400); math.Abs(got-0.8586) > 1e-4 {
		t.Errorf("%v, want the mean error: more examples don't harm", got)
	}
}
