package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

type classifiersExportCmd struct {
	versionArg
	Output    string `short:"o" placeholder:"FILE" help:"Where it goes; - for standard output. Default: NAME-vN.winnow."`
	Model     bool   `help:"Write the fastText model alone, which fastText loads: NAME-vN.bin, or .ftz where it is quantized."`
	Overwrite bool   `help:"Replace the file, where it is there."`
	JSON      bool   `help:"Print the version and the file as JSON."`
}

// Help is the command's manual below its flags.
func (classifiersExportCmd) Help() string {
	return `Examples:

  winnow classifiers export support@v2
  winnow classifiers export support@production -o support.winnow
  winnow classifiers export support -o - | ssh other 'cat > support.winnow'
  winnow classifiers export support --model -o support.bin

The file is a tar archive in zstd with a checksum. The same version gives the
same bytes. With --model it is what winnow train --head fasttext made, for
fastText and what reads its models.`
}

// exportedJSON is an export for machines.
type exportedJSON struct {
	Version string `json:"version"`
	Hash    string `json:"hash"`
	Path    string `json:"path"`
}

// Run writes the file, which appears whole or not at all.
func (c *classifiersExportCmd) Run(m *Main) error {
	v, err := c.find()
	if err != nil {
		return err
	}
	export, ending := v.Export, ".winnow"
	if c.Model {
		if export, ending, err = exportModel(v); err != nil {
			return err
		}
	}
	if c.Output == "-" {
		return export(m.Stdout)
	}
	path := c.Output
	if path == "" {
		path = fmt.Sprintf("%s-v%d%s", v.Name, v.Number, ending)
	}
	if err := c.write(export, path); err != nil {
		return fault.Storage(err, path)
	}
	if c.JSON {
		return m.json(exportedJSON{v.Ref(), v.Hash, path})
	}
	return term.Say(m.Stdout, "wrote %s (%s) to %s", v.Ref(), shortHash(v.Hash), path)
}

// exportModel writes a version's fastText model, and says how its file's name ends.
func exportModel(v *catalog.Version) (export func(io.Writer) error, ending string, err error) {
	model, err := wire.SavedModel(v)
	if err != nil {
		return nil, "", err
	}
	ending = ".bin"
	if model.Quantized() {
		ending = ".ftz"
	}
	return func(w io.Writer) error {
		_, err := model.WriteTo(w)
		return err
	}, ending, nil
}

func (c *classifiersExportCmd) write(export func(io.Writer) error, path string) (err error) {
	fsys := disk.OS{}
	exists := fault.New(fault.OutputExists, "the file exists").At(fault.Where{File: path}).WithFix("choose another path with -o, or replace it with --overwrite")
	if _, err := fsys.Stat(path); err == nil && !c.Overwrite {
		return exists
	}
	part := path + ".part"
	f, err := fsys.Create(part)
	if err != nil {
		return err
	}
	defer func() {
		if removed := fsys.Remove(part); err == nil && !errors.Is(removed, fs.ErrNotExist) {
			err = removed
		}
	}()
	if err = export(f); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if c.Overwrite {
		err = fsys.Rename(part, path)
	} else if err = fsys.Link(part, path); errors.Is(err, fs.ErrExist) {
		return exists
	}
	if err != nil {
		return err
	}
	return fsys.SyncDir(filepath.Dir(path))
}
