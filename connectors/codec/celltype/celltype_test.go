package celltype_test

import (
	"fmt"

	"github.com/winnow-stream/winnow/connectors/codec/celltype"
)

func Example() {
	row := celltype.Append(nil, celltype.Cell{Column: 1, Shown: []byte("03-15-23"), Value: []byte(`{"v":45000,"f":14}`)})
	row = celltype.Append(row, celltype.Cell{Column: 300, Shown: []byte("TRUE"), Value: []byte("true")})
	for len(row) > 0 {
		var t celltype.Cell
		t, row = celltype.Cut(row)
		fmt.Printf("%d %s %s\n", t.Column, t.Shown, t.Value)
	}
	// Output:
	// 1 03-15-23 {"v":45000,"f":14}
	// 300 TRUE true
}
