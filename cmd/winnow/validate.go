package main

import (
	"context"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
)

type validateCmd struct {
	specArgs
	Offline bool `help:"Check the spec alone; look at no input or output."`
}

// Help is the command's manual below its flags.
func (validateCmd) Help() string {
	return `Examples:

  winnow validate tickets.yaml
  winnow validate tickets.yaml --offline

Every problem is told at once, with line, column and remedy. Exits with 2 when
there are any.`
}

// Run checks the spec and, unless offline, whether its input and outputs are as it says.
func (c *validateCmd) Run(ctx context.Context, m *Main) error {
	s, err := c.load(m)
	if err != nil {
		return err
	}
	o := m.options()
	o.State, o.Offline, o.Unpinned = wire.StateFolder(s, ""), c.Offline, c.AllowUnpinned
	p, err := wire.Build(s, o)
	if err != nil {
		return err
	}
	if c.Offline {
		return term.Say(m.Stdout, "%s is valid (input and outputs not looked at)", c.Spec)
	}
	plan, err := p.Check(ctx)
	if err != nil {
		return err
	}
	return term.Say(m.Stdout, "%s is valid: %s, delivery %s (%s)", c.Spec,
		term.Plural(int64(len(plan.Splits)), "split"), plan.Guarantee, plan.Reason)
}
