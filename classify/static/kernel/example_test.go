package kernel_test

import (
	"fmt"

	"github.com/winnow-stream/winnow/classify/static/kernel"
)

// A text's vector is the weighted sum of its tokens' rows.
func ExampleTable_Sum() {
	dim := kernel.Lanes
	rows := make([]byte, 2*dim)
	rows[0], rows[dim] = 10, 20
	table, err := kernel.NewTable(dim, rows, []int16{1, 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	acc := make([]int32, dim)
	table.Sum(acc, []uint32{0, 1, 1})
	fmt.Println(acc[0], acc[1])
	// Output: 130 0
}
