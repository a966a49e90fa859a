package main

import (
	"context"
	"fmt"

	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

type classifiersDeleteCmd struct {
	versionArg
	All   bool `help:"Of a name with several versions: all of them."`
	Force bool `help:"Also where an alias names the version, which is then removed, and where it can't be read any more."`
	JSON  bool `help:"Print what was deleted as JSON."`
}

// Help is the command's manual below its flags.
func (classifiersDeleteCmd) Help() string {
	return `Examples:

  winnow classifiers delete support@v1
  winnow classifiers delete support --all --force

The number of a deleted version is never given again. Its weights go with it,
where no other version has them.`
}

// deletedJSON is a deletion for machines.
type deletedJSON struct {
	Name    string   `json:"name"`
	Numbers []int    `json:"numbers"`
	Aliases []string `json:"aliases"`
	catalog.Pruned
}

// Run deletes.
func (c *classifiersDeleteCmd) Run(ctx context.Context, m *Main) error {
	cat, err := wire.Catalog()
	if err != nil {
		return err
	}
	r, err := catalog.ParseReference(c.Classifier)
	if err != nil {
		return err
	}
	if r == (catalog.Reference{Name: r.Name}) && !c.All {
		e, err := cat.Entry(r.Name)
		if err != nil && !c.Force {
			return err
		}
		if n := len(e.Versions); n > 1 {
			return fault.New(fault.Usage, "%s has %d versions", r.Name, n).WithFix("name one, such as %s, or delete them --all", e.Versions[0].Ref())
		}
	}
	d, err := cat.Delete(ctx, r, c.Force)
	if err != nil {
		return err
	}
	if c.JSON {
		out := deletedJSON{Name: r.Name, Numbers: d.Numbers, Aliases: []string{}, Pruned: d.Pruned}
		for _, a := range d.Aliases {
			out.Aliases = append(out.Aliases, a.Alias)
		}
		return m.json(out)
	}
	for _, n := range d.Numbers {
		if _, err := fmt.Fprintf(m.Stdout, "deleted %s@v%d\n", r.Name, n); err != nil {
			return err
		}
	}
	for _, a := range d.Aliases {
		if _, err := fmt.Fprintf(m.Stdout, "removed the alias %s\n", a.Alias); err != nil {
			return err
		}
	}
	return m.tellPruned(d.Pruned, false)
}

// tellPruned says how many weights were removed.
func (m *Main) tellPruned(p catalog.Pruned, always bool) error {
	if p.Blobs == 0 && !always {
		return nil
	}
	_, err := fmt.Fprintf(m.Stdout, "removed %s of weights that nothing refers to, %s\n", term.Plural(int64(p.Blobs), "file"), term.Bytes(p.Bytes))
	return err
}
