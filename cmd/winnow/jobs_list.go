package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/client"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

type jobsListCmd struct {
	Limit int `placeholder:"N" default:"20" help:"How many at most. Default: 20."`
	remoteFlags
	JSON bool `help:"Print one JSON object for each job."`
}

// Run lists jobs.
func (c *jobsListCmd) Run(ctx context.Context, m *Main) error {
	if c.Limit < 1 {
		return fault.New(fault.Usage, "--limit is %d", c.Limit).WithFix("give a number above 0")
	}
	return c.ask(ctx, m, func(ctx context.Context, s *client.Client) error {
		all, err := s.Jobs(ctx, c.Limit)
		if err != nil {
			return err
		}
		if c.JSON {
			for i := range all {
				if err := m.printJSON(&all[i]); err != nil {
					return err
				}
			}
			return nil
		}
		w := tabwriter.NewWriter(term.Data(m.Stdout), 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tSTATE\tDONE\tOF\tFAILED\tCREATED")
		for i := range all {
			j := &all[i]
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", j.JobID, j.State, term.Count(j.Completed), term.Count(j.Total), term.Count(j.Failed), j.Created.Local().Format(time.DateTime))
		}
		return w.Flush()
	})
}
