package main

import (
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

type schemaCmd struct{}

// Help is the command's manual below its flags.
func (schemaCmd) Help() string {
	return `Examples:

  winnow schema > winnow.schema.json

For editors with the YAML language server, begin a spec with
  # yaml-language-server: $schema=winnow.schema.json`
}

// Run prints the JSON Schema.
func (schemaCmd) Run(m *Main) error {
	data, err := spec.Schema(wire.Kinds())
	if err != nil {
		return err
	}
	_, err = m.Stdout.Write(data)
	return err
}
