package main

import (
	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
)

type classifiersShowCmd struct {
	versionArg
	Labels bool `help:"Print the labels alone, as --labels-file reads them."`
	Check  bool `help:"Also read all of the weights, and fail where they are not what was saved."`
	JSON   bool `help:"Print the manifest as JSON, with the name's aliases."`
}

// Help is the command's manual below its flags.
func (classifiersShowCmd) Help() string {
	return `Examples:

  winnow classifiers show support
  winnow classifiers show support@v1 --labels > labels.json
  winnow classifiers show support@production --check --json`
}

// shownJSON is a version for machines.
type shownJSON struct {
	*catalog.Manifest
	Builtin bool            `json:"builtin,omitempty"`
	Aliases []catalog.Alias `json:"aliases"` // of the name, with their history, removed ones too
}

// Run shows the version.
func (c *classifiersShowCmd) Run(m *Main) error {
	cat, err := wire.Catalog()
	if err != nil {
		return err
	}
	v, err := cat.Resolve(c.Classifier)
	if err != nil {
		return err
	}
	if c.Check {
		if err := v.CheckWeights(); err != nil {
			return err
		}
	}
	if c.Labels {
		return m.json(v.Manifest.Labels)
	}
	aliases, err := cat.Aliases(v.Name)
	if err != nil {
		return err
	}
	if c.JSON {
		return m.json(shownJSON{Manifest: v.Manifest, Builtin: v.Builtin, Aliases: aliases})
	}
	return term.WriteClassifier(m.Stdout, v, aliases, m.style())
}
