package main

import (
	"errors"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
)

type modelsListCmd struct {
	JSON bool `help:"Print one JSON object for each model."`
}

// Help is the command's manual below its flags.
func (modelsListCmd) Help() string {
	return `Examples:

  winnow models list

Models lie in the folder models of WINNOW_HOME; without that variable, of
winnow's folder among the user's data (~/.local/share/winnow). To remove one,
remove its folder there.`
}

// Run lists what can be read, and fails where something can't.
func (c *modelsListCmd) Run(m *Main) error {
	store, err := wire.Models()
	if err != nil {
		return err
	}
	all, problems := store.List()
	if !c.JSON {
		return errors.Join(problems, term.WriteModels(m.Stdout, all, m.style()))
	}
	for i := range all {
		if err := m.json(&all[i]); err != nil {
			return errors.Join(problems, err)
		}
	}
	return problems
}
