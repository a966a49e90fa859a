package main

import (
	"github.com/winnow-stream/winnow/cmd/winnow/internal/models"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
)

type modelsShowCmd struct {
	modelArg
	JSON bool `help:"Print the model as JSON."`
}

// modelArg names a model on the command line.
type modelArg struct {
	Name string `arg:"" help:"The name that it was added under."`
}

func (a *modelArg) find() (*models.Model, error) {
	store, err := wire.Models()
	if err != nil {
		return nil, err
	}
	return store.Find(a.Name)
}

// Help is the command's manual below its flags.
func (modelsShowCmd) Help() string {
	return `Examples:

  winnow models show bge`
}

// Run shows the model.
func (c *modelsShowCmd) Run(m *Main) error {
	model, err := c.find()
	if err != nil {
		return err
	}
	if c.JSON {
		return m.json(model)
	}
	return term.WriteModel(m.Stdout, model, m.style())
}
