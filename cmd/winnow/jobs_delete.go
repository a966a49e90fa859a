package main

import (
	"context"
	"fmt"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/client"
)

type jobsDeleteCmd struct {
	ID string `arg:"" help:"The job."`
	remoteFlags
}

// Run deletes a job.
func (c *jobsDeleteCmd) Run(ctx context.Context, m *Main) error {
	return c.ask(ctx, m, func(ctx context.Context, s *client.Client) error {
		if err := s.Delete(ctx, c.ID); err != nil || m.quiet {
			return err
		}
		_, err := fmt.Fprintf(m.Stderr, "winnow: %s is deleted\n", c.ID)
		return err
	})
}
