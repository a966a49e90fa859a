package main

import (
	"path/filepath"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/scaffold"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/manifest"
)

type pluginNewCmd struct {
	Name string `arg:"" help:"The folder to make; its last part is the plugin's name."`
	Kind string `default:"classifier" enum:"classifier,source,sink" help:"What the plugin is: ${enum}."`
	Lang string `default:"go" enum:"go,python" help:"What it is written in: ${enum}."`
	SDK  string `name:"sdk" placeholder:"FOLDER" help:"The folder of winnow's source to build on. Default: this release, or the source that this binary lies in."`
}

// Help is the command's manual below its flags.
func (pluginNewCmd) Help() string {
	return `Examples:

  winnow plugin new mine
  winnow plugin new mine --lang python
  cd mine && make test && winnow plugin test .

  winnow plugin new mine --kind sink --lang python

The project builds and passes as it is: a classifier labels texts by lists of
words, a source reads the lines of text files, a sink writes part files of JSON
lines.`
}

// Run makes the project.
func (c *pluginNewCmd) Run(m *Main) error {
	name := filepath.Base(c.Name)
	if e, ok := fault.As(manifest.CheckName(name)); ok {
		return e.WithFix("choose another name for the folder")
	}
	source, err := scaffold.Project(scaffold.Language(c.Lang), manifest.Kind(c.Kind), c.Name, name, c.SDK)
	if err != nil {
		return err
	}
	if source != "" && !m.quiet {
		if err := term.Say(m.Stderr, "it is built on the source in %s", source); err != nil {
			return err
		}
	}
	return term.Say(m.Stdout, "made %s; now: cd %s && make test && winnow plugin test .", c.Name, c.Name)
}
