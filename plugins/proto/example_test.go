package proto_test

import (
	"fmt"

	"github.com/winnow-stream/winnow/plugins/proto"
)

// The first line that a plugin of this protocol prints begins with go-plugin's version and its own.
func Example() {
	fmt.Printf("1|%d|unix|…|grpc\n", proto.Version)
	// Output: 1|1|unix|…|grpc
}
