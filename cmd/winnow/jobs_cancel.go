package main

import (
	"context"
	"fmt"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/client"
)

type jobsCancelCmd struct {
	ID string `arg:"" help:"The job."`
	remoteFlags
	JSON bool `help:"Print where the job stands as JSON."`
}

// Run cancels a job.
func (c *jobsCancelCmd) Run(ctx context.Context, m *Main) error {
	return c.ask(ctx, m, func(ctx context.Context, s *client.Client) error {
		j, err := s.Cancel(ctx, c.ID)
		if err != nil {
			return err
		}
		if c.JSON {
			return m.printJSON(j)
		}
		if m.quiet {
			return nil
		}
		_, err = fmt.Fprintf(m.Stderr, "winnow: %s is %s\n", j.JobID, j.State)
		return err
	})
}
