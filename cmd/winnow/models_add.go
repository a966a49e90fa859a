package main

import (
	"fmt"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
)

type modelsAddCmd struct {
	Name   string `arg:"" help:"What --model and model: will call it: lower-case letters, digits, '-', '_' and '.'."`
	Folder string `arg:"" help:"A folder as Hugging Face and sentence-transformers, or Model2Vec, write it."`
	JSON   bool   `help:"Print the model as JSON."`
}

// Help is the command's manual below its flags.
func (modelsAddCmd) Help() string {
	return `Examples:

  winnow models add bge ./bge-small-en-v1.5
  winnow classify in.csv --labels a,b --model bge

The files are loaded as they will be for use, so that a damaged model, one of
another architecture, or one whose tokenizer is not WordPiece is refused here
and not in the middle of a run. Then they are copied.`
}

// Run adds the model.
func (c *modelsAddCmd) Run(m *Main) error {
	store, err := wire.Models()
	if err != nil {
		return err
	}
	model, err := store.Add(c.Name, c.Folder)
	if err != nil {
		return err
	}
	if c.JSON {
		return m.json(model)
	}
	_, err = fmt.Fprintf(m.Stdout, "added %s: backend %s, %d dimensions\n", model.Name, model.Backend, model.Dim)
	return err
}
