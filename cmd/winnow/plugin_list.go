package main

import (
	"errors"
	"strings"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/plugins/store"
)

type pluginListCmd struct {
	JSON bool `help:"Print one JSON object for each plugin."`
}

// Help is the command's manual below its flags.
func (pluginListCmd) Help() string {
	return `Examples:

  winnow plugin list
  winnow plugin list --json`
}

// Run lists what can be used, and fails where something can't.
func (c *pluginListCmd) Run(m *Main) error {
	s, err := wire.Store()
	if err != nil {
		return err
	}
	all, problems := s.List()
	t := term.Table{Head: []string{"NAME", "VERSION", "KINDS", "ABOUT"}, Flex: 3}
	for _, p := range all {
		if c.JSON {
			if err := m.json(describePlugin(p)); err != nil {
				return errors.Join(problems, err)
			}
			continue
		}
		t.Row(p.Name, p.Version, strings.Join(kindsOf(p), ", "), p.About)
	}
	if c.JSON || len(all) == 0 {
		return problems
	}
	return errors.Join(problems, t.Write(m.Stdout, m.style()))
}

func kindsOf(p *store.Plugin) []string {
	kinds := make([]string, len(p.Kinds))
	for i, k := range p.Kinds {
		kinds[i] = string(k)
	}
	return kinds
}
