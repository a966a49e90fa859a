package main

import (
	"context"
	"fmt"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/client"
)

type jobsCreateCmd struct {
	askFlags
	remoteFlags
	JSON bool `help:"Print the server's answer as JSON: it holds the address for the upload, which is a secret."`
}

// Help is the command's manual below its flags.
func (jobsCreateCmd) Help() string {
	return `Examples:

  winnow jobs create --labels billing,technical,sales
  winnow jobs create --classifier support@v2 --json

The job waits for its input: winnow jobs upload, then winnow jobs start.`
}

// Run makes a job.
func (c *jobsCreateCmd) Run(ctx context.Context, m *Main) error {
	wanted, err := c.wanted()
	if err != nil {
		return err
	}
	return c.ask(ctx, m, func(ctx context.Context, s *client.Client) error {
		made, err := s.Create(ctx, wanted)
		if err != nil {
			return err
		}
		if c.JSON {
			return m.printJSON(made)
		}
		_, err = fmt.Fprintln(m.Stdout, made.JobID)
		return err
	})
}
