package main

import (
	"context"
	"fmt"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/client"
)

type jobsStartCmd struct {
	ID      string `arg:"" help:"The job."`
	Restart bool   `xor:"how" help:"Begin anew, whatever the job had done."`
	Queue   bool   `xor:"how" help:"Wait for the account's running job to end, instead of being refused."`
	remoteFlags
	JSON bool `help:"Print where the job stands as JSON."`
}

// Run starts a job.
func (c *jobsStartCmd) Run(ctx context.Context, m *Main) error {
	return c.ask(ctx, m, func(ctx context.Context, s *client.Client) error {
		way := client.StartNow
		switch {
		case c.Queue:
			way = client.StartQueued
		case c.Restart:
			way = client.StartRestart
		}
		if err := s.Start(ctx, c.ID, way); err != nil {
			return err
		}
		j, err := s.Job(ctx, c.ID)
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
