package main

import (
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
)

type pluginRemoveCmd struct {
	Name string `arg:"" help:"The plugin's name."`
}

// Help is the command's manual below its flags.
func (pluginRemoveCmd) Help() string {
	return `Examples:

  winnow plugin remove keywords

Copies of earlier installs go as well. A pipeline that runs with one of them
can't start it again.`
}

// Run removes the plugin.
func (c *pluginRemoveCmd) Run(m *Main) error {
	s, err := wire.Store()
	if err != nil {
		return err
	}
	if err := s.Remove(c.Name); err != nil {
		return err
	}
	return term.Say(m.Stdout, "removed %s", c.Name)
}
