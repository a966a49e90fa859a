package temperature_test

import (
	"fmt"

	"github.com/winnow-stream/winnow/classify/temperature"
)

// A label whose score is 4 above the other's is right in three of four texts: less often than a softmax says.
func ExampleFit() {
	s, _ := temperature.Fit(temperature.Rows{Len: 400, Labels: 2, Row: func(i int) ([]float32, int) {
		gold := 0
		if i%4 == 0 {
			gold = 1
		}
		return []float32{4, 0}, gold
	}})
	fmt.Printf("%.1f\n", s.Temperature)
	// Output: 3.7
}
