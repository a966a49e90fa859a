package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/winnow-stream/winnow/classify/active"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

type suggestCmd struct {
	Input []string `arg:"" help:"Files, folders or patterns with records to choose from, as for classify."`

	labelFlags
	inputFlags
	Count        int      `short:"n" group:"suggesting" default:"50" placeholder:"50" help:"How many records to choose."`
	Labelled     []string `group:"suggesting" placeholder:"FILE" help:"Records that are labelled already: their texts are left out, and so is what is like them. May be repeated."`
	LabelledText string   `group:"suggesting" placeholder:"COLUMN" help:"Their text, as --text names that of the input. Default: text, else the only column of text."`
	Label        string   `group:"suggesting" default:"label" placeholder:"label" help:"The column with their label. Records without one count as not labelled."`
	Seed         uint64   `group:"suggesting" placeholder:"N" help:"Decides which records are looked at where there are too many for all. The same seed chooses the same records."`
	Output       string   `short:"o" group:"output" default:"-" placeholder:"FILE" help:"Where the records go that should be labelled, as JSONL. Default, and -: standard output."`
	Overwrite    bool     `group:"output" help:"Replace the file where it exists."`
	Parallel     parallel `group:"running" placeholder:"N" help:"How many batches are worked on at once. Default: one for each CPU."`
}

// Help is the command's manual below its flags.
func (suggestCmd) Help() string {
	return `Examples:

  winnow suggest tickets.csv --labels-file labels.json -n 50 -o todo.jsonl
  winnow suggest 'tickets/*.parquet' --text body --classifier tickets --labelled labelled.jsonl -o todo.jsonl
  winnow label todo.jsonl --labels-file labels.json -o labelled.jsonl

Chooses records whose labels teach a classifier most: each stands for many that
it is unsure of, and no two are alike. Every record is looked at once.`
}

// Run chooses records and writes them.
func (c *suggestCmd) Run(ctx context.Context, m *Main) error {
	if c.Count < 1 || c.Count > active.MaxCount {
		return fault.New(fault.Usage, "-n %d is not from 1 to %d", c.Count, active.MaxCount)
	}
	if err := c.checkOutput(); err != nil {
		return err
	}
	set, err := c.labels()
	if err != nil {
		return err
	}
	chooser, err := active.New(active.Config{Count: c.Count, Seed: c.Seed, Workers: int(c.Parallel)})
	if err != nil {
		return err
	}
	r := &suggestion{cmd: c, main: m, chooser: chooser}
	if err := r.leaveOut(ctx); err != nil {
		return err
	}
	if err := r.readAll(ctx, set); err != nil {
		return err
	}
	picks, err := chooser.Choose(ctx)
	if err != nil {
		return err
	}
	if err := r.write(picks); err != nil {
		return err
	}
	return r.tell(picks)
}

// checkOutput refuses before the work what can't be written after it.
func (c *suggestCmd) checkOutput() error {
	if c.Output == "-" {
		return nil
	}
	at := fault.Where{File: c.Output}
	out, err := os.Stat(c.Output)
	folder, folderErr := os.Stat(filepath.Dir(c.Output))
	switch {
	case err == nil && out.IsDir():
		return fault.New(fault.OutputFolder, "this is a folder, and a file is needed").At(at).WithFix("name a file in it")
	case err == nil && c.reads(out):
		return fault.New(fault.ConfigLoop, "this is the input").At(at)
	case err == nil && !c.Overwrite:
		return fault.New(fault.OutputExists, "the file exists").At(at)
	case errors.Is(folderErr, fs.ErrNotExist), folderErr == nil && !folder.IsDir():
		return fault.New(fault.OutputFolder, "there is no such folder").At(at)
	}
	return nil
}

// reads reports whether a file is named as an input.
func (c *suggestCmd) reads(out fs.FileInfo) bool {
	for _, path := range append(append([]string{c.LabelsFile}, c.Labelled...), c.Input...) {
		if in, err := os.Stat(path); err == nil && os.SameFile(in, out) {
			return true
		}
	}
	return false
}
