package main

import (
	"context"
	"fmt"

	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

type classifiersAliasCmd struct {
	versionArg
	Alias  string `arg:"" optional:"" help:"The alias, such as production. Without it the name's aliases are listed, with their moves."`
	Remove bool   `help:"Remove the alias."`
	JSON   bool   `help:"Print the move, or the aliases, as JSON."`
}

// Help is the command's manual below its flags.
func (classifiersAliasCmd) Help() string {
	return `Examples:

  winnow classifiers alias support@v2 production
  winnow classifiers alias support production --remove
  winnow classifiers alias support

What refers to support@production gets the version that it names then: a command
when it starts, a stream when it reloads.`
}

// movedJSON is a move for machines.
type movedJSON struct {
	Name  string `json:"name"`
	Alias string `json:"alias"`
	catalog.Move
}

// Run sets, removes or lists.
func (c *classifiersAliasCmd) Run(ctx context.Context, m *Main) error {
	cat, err := wire.Catalog()
	if err != nil {
		return err
	}
	r, err := catalog.ParseReference(c.Classifier)
	if err != nil {
		return err
	}
	if c.Alias == "" {
		return c.list(m, cat, r)
	}
	var move catalog.Move
	if c.Remove {
		if r.Fixed() || r.Alias != "" {
			return fault.New(fault.Usage, "an alias is removed from a name, and %s is a version", r).WithFix("write %s %s --remove", r.Name, c.Alias)
		}
		move, err = cat.RemoveAlias(ctx, r.Name, c.Alias)
	} else {
		move, err = cat.SetAlias(ctx, c.Alias, r)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return m.json(movedJSON{r.Name, c.Alias, move})
	}
	_, err = fmt.Fprintln(m.Stdout, r.Name+"@"+c.Alias+" "+moved(move))
	return err
}

func moved(m catalog.Move) string {
	switch {
	case m.From == m.To:
		return fmt.Sprintf("is v%d already", m.To)
	case m.To == 0:
		return fmt.Sprintf("is removed; it was v%d", m.From)
	case m.From == 0:
		return fmt.Sprintf("is v%d", m.To)
	default:
		return fmt.Sprintf("is v%d; it was v%d", m.To, m.From)
	}
}

func (c *classifiersAliasCmd) list(m *Main, cat *catalog.Catalog, r catalog.Reference) error {
	if c.Remove {
		return fault.New(fault.Usage, "no alias is named").WithFix("write %s ALIAS --remove", r.Name)
	}
	if _, err := cat.Find(catalog.Reference{Name: r.Name}); err != nil {
		return err
	}
	all, err := cat.Aliases(r.Name)
	if err != nil {
		return err
	}
	if c.JSON {
		for _, a := range all {
			if err := m.json(a); err != nil {
				return err
			}
		}
		return nil
	}
	if len(all) == 0 {
		_, err := fmt.Fprintf(m.Stdout, "%s has no aliases\n", r.Name)
		return err
	}
	return term.WriteAliases(m.Stdout, all, m.style())
}
