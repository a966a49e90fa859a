package main

import (
	"context"
	"encoding/json"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
)

type explainCmd struct {
	specArgs
	JSON bool `help:"Print the plan as JSON."`
}

// Help is the command's manual below its flags.
func (explainCmd) Help() string {
	return `Examples:

  winnow explain tickets.yaml

Shows the splits of the input, the columns that are read, the delivery guarantee
and why it is that, memory, and what each sink gets. Writes nothing.`
}

// Run prints the plan.
func (c *explainCmd) Run(ctx context.Context, m *Main) error {
	s, err := c.load(m)
	if err != nil {
		return err
	}
	o := m.options()
	o.State, o.Unpinned = wire.StateFolder(s, ""), c.AllowUnpinned
	p, err := wire.Build(s, o)
	if err != nil {
		return err
	}
	plan, err := p.Plan(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(m.Stdout).Encode(plan)
	}
	return term.WritePlan(m.Stdout, plan, m.style())
}
