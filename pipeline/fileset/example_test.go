package fileset_test

import (
	"fmt"

	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fileset"
)

// A pattern's ** stands for any folders.
func ExampleExpand() {
	files, err := fileset.Expand(disk.OS{}, "../**/fileset/d*.go")
	fmt.Println(files, err)
	// Output: [../fileset/doc.go] <nil>
}
