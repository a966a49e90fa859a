package examples_test

import (
	"fmt"

	"github.com/winnow-stream/winnow/plugins/examples"
)

// A project is its program, its tests and its manifest.
func Example() {
	files, err := examples.Classifier.ReadDir("keywords")
	for _, f := range files {
		fmt.Println(f.Name())
	}
	fmt.Println(err)
	// Output:
	// classifier.go
	// classifier_test.go
	// main.go
	// plugin.yaml
	// <nil>
}
