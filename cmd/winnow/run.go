package main

import (
	"context"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/ops"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// opsFlags are for pipelines that somebody operates.
type opsFlags struct {
	Listen   string `group:"running" placeholder:"ADDRESS" help:"Serve /metrics, /healthz, /readyz and /status there: 127.0.0.1:9180, or unix:PATH. Default: nowhere."`
	Insecure bool   `group:"running" help:"Let --listen be reached from other machines: nothing asks for a key there."`
	Watch    bool   `group:"running" help:"Of a stream: reload labels, text, where and route when the spec's file changes, or the saved classifier that it names has another version. SIGHUP does that once."`
}

type runCmd struct {
	specArgs
	DryRun bool   `help:"Write nothing: print each record as JSON with the sink that it would go to."`
	Limit  int64  `placeholder:"N" help:"End after N records."`
	Until  string `placeholder:"PLACE" help:"End a stream from Kafka: latest for where its partitions end now, or a time such as 2026-11-01T00:00:00Z."`
	opsFlags
	runFlags
}

// Help is the command's manual below its flags.
func (runCmd) Help() string {
	return `Examples:

  winnow run tickets.yaml
  winnow run tickets.yaml --dry-run --limit 20
  winnow run tickets.yaml --until latest
  winnow run tickets.yaml --listen 127.0.0.1:9180 --watch
  winnow run tickets.yaml --set source.file.path=today.jsonl --state /var/lib/winnow

Interrupted, the same command continues where it stopped.`
}

// Run runs the spec's pipeline to its end.
func (c *runCmd) Run(ctx context.Context, m *Main) error {
	if c.Watch && c.Spec == "-" {
		return fault.New(fault.Usage, "--watch needs a file to look at, and the spec comes from standard input")
	}
	s, err := c.load(m)
	if err != nil {
		return err
	}
	if err := wire.Until(s, c.Until); err != nil {
		return err
	}
	o := c.options(m, c.Limit)
	j := &job{name: s.Name, memory: s.Memory.Bytes(), flags: c.runFlags, again: "run the same command again"}
	if c.DryRun {
		o.Dry, j.stdout, j.again = o.Stdout, true, ""
	} else {
		j.outputs, j.rejected, j.stdout = wire.Outputs(s), wire.Rejected(s), wire.ToStdout(s)
		o.State = wire.StateFolder(s, c.State)
		stop, err := m.traces(ctx, s, &o)
		if err != nil {
			return err
		}
		defer stop()
	}
	if j.pipeline, err = wire.Build(s, o); err != nil {
		return err
	}
	switch {
	case j.pipeline.Streams():
		j.reload = newReloader(c.specArgs, c.Watch, s, j.pipeline)
	case c.Watch:
		return fault.New(fault.Usage, "--watch is for streams: a run with an end is done with one spec from its first record to its last")
	}
	if c.Listen != "" {
		if j.listener, err = ops.Listen(ctx, c.Listen, c.Insecure); err != nil {
			return err
		}
	}
	_, err = m.execute(ctx, j)
	return err
}

// options are what a build takes from the command line.
func (f *runFlags) options(m *Main, limit int64) wire.Options {
	o := m.options()
	o.State, o.Overwrite, o.Workers, o.Limit = f.State, f.Overwrite, int(f.Parallel), limit
	return o
}

// options are those that every command takes: the program's streams and log.
func (m *Main) options() wire.Options {
	return wire.Options{Stdin: m.Stdin, Stdout: term.Data(m.Stdout), Stderr: term.Data(m.Stderr), Log: m.Log}
}
