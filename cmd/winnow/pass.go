package main

import (
	"context"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// outputFlags say where records go with their results.
type outputFlags struct {
	Output  string   `short:"o" group:"output" placeholder:"PATH" help:"Where records go with their ${results}; the ending says the format (.jsonl, .csv, .tsv, .xlsx, .parquet; .gz, .zst). Default, and -: standard output as JSONL."`
	Format  string   `group:"output" placeholder:"FORMAT" help:"The output's format, whatever its ending."`
	Prefix  string   `group:"output" placeholder:"TEXT" help:"Put before the names of result fields. Default: none, predicted_ where the input has such a field."`
	Keep    []string `group:"output" placeholder:"COLUMNS" help:"Only these columns of the input, with the ${results}. Default: all."`
	Rejects string   `group:"output" placeholder:"PATH" help:"Where rejected records go. Default: OUTPUT.rejected.jsonl, or standard error."`
}

func (f *outputFlags) fill(s *wire.Simple) {
	s.Output, s.Format, s.Prefix, s.Rejects = f.Output, f.Format, f.Prefix, f.Rejects
}

// passFlags are those of the commands through which records pass, and come out with something more: what is read, where it
// goes, and how that runs.
type passFlags struct {
	inputFlags
	outputFlags
	runFlags
}

// pass lets the records of inputs through what in asks for. Where they would go to a terminal for want of an output, show
// makes what prints them instead; nil: they are written all the same.
func (f *passFlags) pass(ctx context.Context, m *Main, inputs []string, in *wire.Simple, show func() func(wire.Outcome)) error {
	if len(inputs) == 0 {
		if term.IsTerminal(m.Stdin) {
			return fault.New(fault.InputMissing, "no input is named, and standard input is the terminal").
				WithFix("name a file, or pipe records in; - reads what you type")
		}
		inputs = []string{"-"}
	}
	in.Inputs = inputs
	f.inputFlags.fill(in)
	f.outputFlags.fill(in)
	s, err := in.Spec()
	if err != nil {
		return err
	}
	o := f.options(m, f.Limit)
	o.State, o.Keep, o.Unpinned = in.StateFolder(f.State), f.Keep, in.Unpinned
	j := &job{
		name: s.Name, memory: s.Memory.Bytes(), flags: f.runFlags, outputs: wire.Outputs(s), rejected: wire.Rejected(s), stdout: wire.ToStdout(s),
		again: "run the same command again",
	}
	if show != nil && f.Output == "" && f.Format == "" && term.IsTerminal(m.Stdout) {
		o.Capture = show()
		j.outputs, j.rejected = nil, ""
	}
	if j.pipeline, err = wire.Build(s, o); err != nil {
		return wire.AsFlags(err)
	}
	_, err = m.execute(ctx, j)
	return err
}
