package trace_test

import (
	"context"
	"fmt"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/trace"
)

// A pipeline whose spec has no tracing: gets no tracer, and nothing runs beside it.
func ExampleStart() {
	e, err := trace.Start(context.Background(), trace.Config{Pipeline: "tickets"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer e.Close()
	fmt.Println(e == nil)
	// Output: true
}
