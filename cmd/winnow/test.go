package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

type testCmd struct {
	specArgs
	JSON bool `help:"Print one JSON object for each case."`
}

// Help is the command's manual below its flags.
func (testCmd) Help() string {
	return `Examples:

  winnow test tickets.yaml

A spec's cases are records with what is expected of them:

  tests:
    - input:  {subject: "App crashes", body: "when I log in"}
      expect: {label: bug, to: bugs}

They go through the spec's own filter, text, classifier and routes. expect names
fields of the labelled record, to for the sink (drop, dead_letters), code for
the reason of a rejected record. Exits with 1 when a case fails.`
}

// Run runs the cases.
func (c *testCmd) Run(ctx context.Context, m *Main) error {
	s, err := c.load(m)
	if err != nil {
		return err
	}
	if len(s.Tests) == 0 {
		return fault.New(fault.ConfigMissing, "the spec has no test cases").At(fault.Where{File: c.Spec, Path: "tests"}).
			WithFix("add tests: [{input: {…}, expect: {label: …}}]")
	}
	results, err := wire.Test(ctx, s, wire.Options{Log: m.Log, Plugins: m.plugins, Unpinned: c.AllowUnpinned})
	if err != nil {
		return err
	}
	failed := 0
	for _, r := range results {
		if len(r.Problems) > 0 {
			failed++
		}
		if err := c.print(m.Stdout, r, m.style()); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fault.New(fault.TestFailed, "%d of %s failed", failed, term.Plural(int64(len(results)), "case")).At(fault.Where{File: c.Spec})
	}
	if !c.JSON {
		_, err = fmt.Fprintf(m.Stdout, "%s passed\n", term.Plural(int64(len(results)), "case"))
	}
	return err
}

func (c *testCmd) print(w io.Writer, r wire.TestResult, s term.Style) error {
	if c.JSON {
		return json.NewEncoder(w).Encode(r)
	}
	return term.WriteTest(w, r.Name, r.Problems, s)
}
