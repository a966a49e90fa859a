package main

import (
	"context"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
)

type classifiersPruneCmd struct {
	JSON bool `help:"Print what was removed as JSON."`
}

// Help is the command's manual below its flags.
func (classifiersPruneCmd) Help() string {
	return `Examples:

  winnow classifiers prune

A save that was cut off can leave weights behind. They harm nothing but the
disk's space.`
}

// Run removes what nothing refers to.
func (c *classifiersPruneCmd) Run(ctx context.Context, m *Main) error {
	cat, err := wire.Catalog()
	if err != nil {
		return err
	}
	p, err := cat.Prune(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return m.json(p)
	}
	return m.tellPruned(p, true)
}
