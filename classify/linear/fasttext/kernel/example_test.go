package kernel_test

import (
	"fmt"

	"github.com/winnow-stream/winnow/classify/linear/fasttext/kernel"
)

// A text's vector is the mean of its rows.
func ExampleAverage() {
	table := make([]float32, 2*kernel.Lanes)
	table[0], table[kernel.Lanes] = 1, 4
	mean := make([]float32, kernel.Lanes)
	kernel.Average(mean, table, []int32{0, 1, 1}, 1.0/3)
	fmt.Println(mean[0], mean[1])
	// Output: 3 0
}
