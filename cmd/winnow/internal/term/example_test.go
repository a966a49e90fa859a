package term_test

import (
	"fmt"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
)

func ExampleCount() {
	fmt.Println(term.Count(1234567), term.Plural(1, "record"), term.Plural(2, "record"))
	// Output: 1,234,567 1 record 2 records
}
