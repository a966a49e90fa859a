package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/report"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// jsonFlag is a file that need not be named: alone the flag stands for standard output.
type jsonFlag string

// Decode is called by kong where the flag is given.
func (f *jsonFlag) Decode(ctx *kong.DecodeContext) error {
	*f = "-"
	next := ctx.Scan.Peek()
	if next.IsEOL() {
		return nil
	}
	s, ok := next.Value.(string)
	switch {
	case !ok || !next.IsValue() && s != "-" && strings.HasPrefix(s, "-"): // another flag
		return nil
	case s == "":
		return fault.New(fault.Usage, "--json= names no file").WithFix("leave the = out for standard output")
	}
	*f = jsonFlag(s)
	ctx.Scan.Pop()
	return nil
}

// files are the outputs that flags name.
func (c *evalCmd) files() map[string]string {
	return map[string]string{"--json": string(c.JSON), "--html": c.HTML, "--wrong": c.Wrong}
}

// checkOutputs looks before the work whether its outcome can be written.
func (c *evalCmd) checkOutputs() error {
	var errs []error
	taken := make(map[string]string)
	for _, flag := range []string{"--json", "--html", "--wrong"} {
		path := c.files()[flag]
		if path == "" || path == "-" && flag == "--json" {
			continue
		}
		at := fault.Where{File: flag + " " + path}
		info, err := os.Stat(path)
		folder, folderErr := os.Stat(filepath.Dir(path))
		other := taken[filepath.Clean(path)]
		switch {
		case other != "":
			errs = append(errs, fault.New(fault.ConfigLoop, "this is the output of %s as well", other).At(at))
		case err == nil && info.IsDir():
			errs = append(errs, fault.New(fault.OutputFolder, "this is a folder, and a file is needed").At(at).WithFix("name a file in it"))
		case err == nil && c.reads(path):
			errs = append(errs, fault.New(fault.ConfigLoop, "this is the input").At(at))
		case err == nil && !c.Overwrite:
			errs = append(errs, fault.New(fault.OutputExists, "the file exists").At(at))
		case errors.Is(folderErr, fs.ErrNotExist), folderErr == nil && !folder.IsDir():
			errs = append(errs, fault.New(fault.OutputFolder, "there is no such folder").At(at))
		}
		taken[filepath.Clean(path)] = flag
	}
	return errors.Join(errs...)
}

// reads reports whether a file is named as an input.
func (c *evalCmd) reads(path string) bool {
	out, err := os.Stat(path)
	if err != nil {
		return false
	}
	for _, in := range append([]string{c.Compare["data"], c.LabelsFile, c.Compare["labels-file"]}, c.Input...) {
		if info, err := os.Stat(in); err == nil && os.SameFile(info, out) {
			return true
		}
	}
	return false
}

// writeFiles writes every output that was asked for.
func (c *evalCmd) writeFiles(m *Main, page *report.Page) error {
	if c.JSON != "" {
		data, err := page.JSON()
		if err != nil {
			return err
		}
		if err := m.output(string(c.JSON), data); err != nil {
			return err
		}
	}
	if c.HTML != "" {
		if err := m.output(c.HTML, page.HTML()); err != nil {
			return err
		}
	}
	if c.Wrong == "" {
		return nil
	}
	data, err := report.Wrong(c.Wrong, page.First.Wrong)
	if err != nil {
		return err
	}
	return m.output(c.Wrong, data)
}

// output writes a file in one step, or standard output.
func (m *Main) output(path string, data []byte) error {
	if path == "-" {
		_, err := term.Data(m.Stdout).Write(data)
		return err
	}
	if err := disk.WriteFile(disk.OS{}, path, data); err != nil {
		return pipeline.StorageError(err, path)
	}
	return nil
}
