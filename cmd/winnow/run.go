package main

import (
	"context"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
)

type runCmd struct {
	specArgs
	DryRun bool  `help:"Write nothing: print each record as JSON with the sink that it would go to."`
	Limit  int64 `placeholder:"N" help:"End after N records."`
	runFlags
}

// Help is the command's manual below its flags.
func (runCmd) Help() string {
	return `Examples:

  winnow run tickets.yaml
  winnow run tickets.yaml --dry-run --limit 20
  winnow run tickets.yaml --set source.file.path=today.jsonl --state /var/lib/winnow

Interrupted, the same command continues where it stopped.`
}

// Run runs the spec's pipeline to its end.
func (c *runCmd) Run(ctx context.Context, m *Main) error {
	s, err := c.load(m)
	if err != nil {
		return err
	}
	o := c.options(m, c.Limit)
	j := &job{name: s.Name, memory: s.Memory.Bytes(), flags: c.runFlags, again: "run the same command again"}
	if c.DryRun {
		o.Dry, j.stdout, j.again = m.Stdout, true, ""
	} else {
		j.outputs, j.rejected, j.stdout = wire.Outputs(s), wire.Rejected(s), wire.ToStdout(s)
		o.State = wire.StateFolder(s, c.State)
	}
	if j.pipeline, err = wire.Build(s, o); err != nil {
		return err
	}
	_, err = m.execute(ctx, j)
	return err
}

// options are what a build takes from the command line.
func (f *runFlags) options(m *Main, limit int64) wire.Options {
	o := m.options()
	o.State, o.Overwrite, o.Workers, o.Limit = f.State, f.Overwrite, f.Parallel, limit
	return o
}

// options are those that every command takes: the program's streams and log.
func (m *Main) options() wire.Options {
	return wire.Options{Stdin: m.Stdin, Stdout: m.Stdout, Stderr: m.Stderr, Log: m.Log}
}
