package table_test

import (
	"context"
	"fmt"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/table"
)

// A client has sent a file, and says which column it means.
func Example() {
	file := kept([]byte("id;review\n1;a lovely day\n2;a wet day\n"))
	shape, err := table.Look(context.Background(), file, table.BlobName, table.Input{})
	if err != nil {
		fmt.Println(err)
		return
	}
	choices, err := table.ParseChoices([]string{"[1]"})
	if err != nil {
		fmt.Println(err)
		return
	}
	columns, err := shape.Choose(choices)
	fmt.Println(shape.Input.Format, shape.Input.Delimiter, columns, err)
	// Output: csv ; [review] <nil>
}
