package control_test

import (
	"context"
	"fmt"
	"os"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/control"
	"github.com/winnow-stream/winnow/pipeline"
)

// A running pipeline answers those who ask for its status.
func Example() {
	dir, err := os.MkdirTemp("", "winnow-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	s, err := control.Serve(ctx, dir, "tickets", func() pipeline.Status {
		return pipeline.Status{Name: "tickets", Phase: pipeline.Running}
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	running, err := control.List(ctx, dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range running {
		fmt.Println(p.Status.Name, p.Status.Phase)
	}
	// Output: tickets running
}
