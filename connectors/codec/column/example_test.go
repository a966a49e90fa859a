package column_test

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/codec/column"
)

func ExampleNumbers() {
	visits := column.NewNumbers[int64](memory.DefaultAllocator, 3)
	visits.Append(7)
	visits.Null()
	visits.Append(9)
	a := visits.Array()
	defer a.Release()
	fmt.Println(a)
	// Output: [7 (null) 9]
}
