package failpoint_test

import (
	"fmt"

	"github.com/winnow-stream/winnow/pipeline/failpoint"
)

// A point is passed in silence, unless the binary was built with the tag failpoint and WINNOW_FAILPOINT names it.
func ExampleHit() {
	failpoint.Hit("commit.prepared")
	fmt.Println("still here")
	// Output: still here
}
