package control_test

import (
	"context"
	"fmt"
	"os"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/control"
	"github.com/winnow-stream/winnow/pipeline"
)

// running stands for a *pipeline.Pipeline.
type running struct{}

func (running) Status() pipeline.Status {
	return pipeline.Status{Name: "tickets", Phase: pipeline.Running}
}

func (running) Tap(context.Context, pipeline.TapOptions) <-chan pipeline.Sample { return nil }

// A running pipeline answers those who ask for its status.
func Example() {
	dir, err := os.MkdirTemp("", "winnow-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	s, err := control.Serve(ctx, dir, "tickets", running{})
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
