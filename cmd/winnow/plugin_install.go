package main

import (
	"fmt"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
)

type pluginInstallCmd struct {
	Folder string `arg:"" help:"The folder that holds the plugin's plugin.yaml."`
	JSON   bool   `help:"Print the installed plugin as JSON."`
}

// Help is the command's manual below its flags.
func (pluginInstallCmd) Help() string {
	return `Examples:

  winnow plugin install ./keywords

Copies what the plugin's plugin.yaml names into the folder plugins of WINNOW_HOME,
and writes the hash of each file down. What runs is that copy, and only while it
is what was hashed. A program that is found in PATH, such as an interpreter, stays
where it is and is not hashed. Installed again, it takes the place of what was
there; a pipeline that runs goes on with what it began with.`
}

// Run installs.
func (c *pluginInstallCmd) Run(m *Main) error {
	s, err := wire.Store()
	if err != nil {
		return err
	}
	p, err := s.Install(c.Folder)
	if err != nil {
		return err
	}
	if c.JSON {
		return m.json(describePlugin(p))
	}
	_, err = fmt.Fprintf(m.Stdout, "installed %s %s (sha256 %s)\n", p.Name, p.Version, p.Hash)
	return err
}
