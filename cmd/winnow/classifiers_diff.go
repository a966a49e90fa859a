package main

import (
	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
)

type classifiersDiffCmd struct {
	From string `arg:"" help:"A version, such as support@v1."`
	To   string `arg:"" help:"The version that it is compared with, such as support."`
	JSON bool   `help:"Print the differences as JSON."`
}

// Help is the command's manual below its flags.
func (classifiersDiffCmd) Help() string {
	return `Examples:

  winnow classifiers diff support@v1 support@v2
  winnow classifiers diff support@production support --json`
}

// Run compares.
func (c *classifiersDiffCmd) Run(m *Main) error {
	cat, err := wire.Catalog()
	if err != nil {
		return err
	}
	from, err := cat.Resolve(c.From)
	if err != nil {
		return err
	}
	to, err := cat.Resolve(c.To)
	if err != nil {
		return err
	}
	d := catalog.Diff(from.Manifest, to.Manifest)
	if c.JSON {
		return m.json(d)
	}
	return term.WriteDifference(m.Stdout, d, m.style())
}
