package yamldoc_test

import (
	"fmt"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/yamldoc"
)

// A text that would take the parser's whole stack is an error like any other.
func ExampleParse() {
	for _, text := range []string{"labels: [bug, praise]", "labels: [bug", strings.Repeat("[", 1_000_000)} {
		documents, err := yamldoc.Parse(text)
		fmt.Println(len(documents), err)
	}
	// Output:
	// 1 <nil>
	// 0 sequence end token ']' not found
	// 0 the YAML is nested too deeply
}
