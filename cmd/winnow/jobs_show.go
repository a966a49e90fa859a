package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/client"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
)

type jobsShowCmd struct {
	ID string `arg:"" help:"The job."`
	remoteFlags
	JSON bool `help:"Print it as JSON."`
}

// Run shows a job.
func (c *jobsShowCmd) Run(ctx context.Context, m *Main) error {
	return c.ask(ctx, m, func(ctx context.Context, s *client.Client) error {
		j, err := s.Job(ctx, c.ID)
		if err != nil {
			return err
		}
		return m.showJob(j, c.JSON)
	})
}

// showJob prints where a job stands.
func (m *Main) showJob(j *client.Job, asJSON bool) error {
	if asJSON {
		return m.printJSON(j)
	}
	w := tabwriter.NewWriter(term.Data(m.Stdout), 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "job\t%s\nstate\t%s\n", j.JobID, j.State)
	if j.Error != nil {
		fmt.Fprintf(w, "error\t%s\n", *j.Error)
	}
	fmt.Fprintf(w, "records\t%s of %s, %s failed\n", term.Count(j.Completed), term.Count(j.Total), term.Count(j.Failed))
	if j.Tokens != nil {
		fmt.Fprintf(w, "tokens\t%s\n", term.Count(*j.Tokens))
	}
	for _, at := range []struct {
		name string
		time *time.Time
	}{{"created", &j.Created}, {"started", j.Started}, {"ended", j.Ended}} {
		if at.time != nil {
			fmt.Fprintf(w, "%s\t%s\n", at.name, at.time.Local().Format(time.DateTime))
		}
	}
	return w.Flush()
}
