package main

import (
	"context"
	"os"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

type classifiersImportCmd struct {
	File string `arg:"" help:"A file that winnow classifiers export wrote."`
	As   string `placeholder:"NAME" help:"The name to enter it under. Default: its own."`
	JSON bool   `help:"Print the version as JSON."`
}

// Help is the command's manual below its flags.
func (classifiersImportCmd) Help() string {
	return `Examples:

  winnow classifiers import support-v2.winnow
  winnow classifiers import support-v2.winnow --as their-support

The version keeps its hash and gets the next number of its name here. Where the
name has the same content already, that is the version.`
}

// Run enters the version.
func (c *classifiersImportCmd) Run(ctx context.Context, m *Main) error {
	at := fault.Where{File: c.File}
	f, err := os.Open(c.File)
	if err != nil {
		return fault.New(fault.InputMissing, "%w", err).At(at)
	}
	defer f.Close()
	cat, err := wire.Catalog()
	if err != nil {
		return err
	}
	s, err := cat.Import(ctx, f, c.As)
	if e, ok := fault.As(err); ok && e.Where == (fault.Where{}) {
		return e.At(at)
	}
	if err != nil {
		return err
	}
	return m.tellSaved(s, c.JSON)
}
