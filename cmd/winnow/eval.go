package main

import (
	"context"
	"encoding/json"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/quality"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

type evalCmd struct {
	Input []string `arg:"" help:"Files, folders or patterns with labelled records."`

	labelFlags
	Gold string `group:"labels" required:"" aliases:"label" placeholder:"COLUMN" help:"The column with the true label, or a list of them."`
	inputFlags
	Parallel int  `group:"running" placeholder:"N" help:"How many batches are worked on at once. Default: one for each CPU."`
	JSON     bool `group:"running" help:"Print the report as JSON."`
}

// Help is the command's manual below its flags.
func (evalCmd) Help() string {
	return `Examples:

  winnow eval test.csv --labels-file labels.json --gold label
  winnow eval test.parquet --labels spam,ham --text body --gold label --json

Labels every record, writes none of them, and prints accuracy, macro-F1,
precision, recall and F1 of each label, the calibration of the confidences over
15 bins, and which labels are taken for which.`
}

// Run labels the input and reports how well that went.
func (c *evalCmd) Run(ctx context.Context, m *Main) error {
	set, err := c.labels()
	if err != nil {
		return err
	}
	in := wire.Simple{Inputs: c.Input, Gold: c.Gold, Labels: set}
	c.labelFlags.fill(&in)
	c.inputFlags.fill(&in)
	s, err := in.Spec()
	if err != nil {
		return err
	}
	j := &job{name: s.Name, memory: s.Memory.Bytes(), stdout: true, silent: true}
	o := m.options()
	o.Discard, o.Workers, o.Limit = true, c.Parallel, c.Limit
	if j.pipeline, err = wire.Build(s, o); err != nil {
		return wire.AsFlags(err)
	}
	sum, err := m.execute(ctx, j)
	if err != nil {
		return err
	}
	if sum.Tally.Gold == nil || sum.Tally.Gold.Rows == 0 {
		return fault.New(fault.ColumnsUnknown, "no record has a label in %q to compare with", c.Gold).
			WithFix("name the column that holds the true labels with --gold")
	}
	q := quality.New(&sum.Tally)
	if c.JSON {
		return json.NewEncoder(m.Stdout).Encode(q)
	}
	return term.WriteEvaluation(m.Stdout, q, m.style())
}
