package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/plugins/store"
)

type pluginInfoCmd struct {
	Name string `arg:"" help:"The plugin's name."`
	JSON bool   `help:"Print it as JSON, the schema of its configuration as well."`
}

// Help is the command's manual below its flags.
func (pluginInfoCmd) Help() string {
	return `Examples:

  winnow plugin info keywords
  winnow plugin info keywords --json`
}

// pluginJSON is an installed plugin for machines.
type pluginJSON struct {
	Name      string         `json:"name"`
	Version   string         `json:"version"`
	About     string         `json:"about,omitempty"`
	Protocol  int            `json:"protocol"`
	Kinds     []string       `json:"kinds"`
	SHA256    string         `json:"sha256"`
	Command   []string       `json:"command"`
	Env       []string       `json:"env"`
	From      string         `json:"from"`
	Installed time.Time      `json:"installed"`
	Folder    string         `json:"folder"`
	Config    map[string]any `json:"config"`
}

func describePlugin(p *store.Plugin) pluginJSON {
	return pluginJSON{
		Name: p.Name, Version: p.Version, About: p.About, Protocol: p.Protocol, Kinds: kindsOf(p), SHA256: p.Hash,
		Command: p.Command, Env: append([]string{}, p.Env...), From: p.Lock.From, Installed: p.Lock.Installed, Folder: p.Dir, Config: p.Config,
	}
}

// Run shows the plugin.
func (c *pluginInfoCmd) Run(m *Main) error {
	s, err := wire.Store()
	if err != nil {
		return err
	}
	p, err := s.Get(c.Name)
	if err != nil {
		return err
	}
	if c.JSON {
		return m.json(describePlugin(p))
	}
	schema, err := json.MarshalIndent(p.Config, "", "  ")
	if err != nil {
		return err
	}
	t := term.Table{Flex: 1}
	t.Row("name", p.Name+" "+p.Version)
	if p.About != "" {
		t.Row("about", p.About)
	}
	t.Row("kinds", strings.Join(kindsOf(p), ", "))
	t.Row("sha256", p.Hash)
	t.Row("command", strings.Join(p.Command, " "))
	if len(p.Env) > 0 {
		t.Row("sees", strings.Join(p.Env, ", "))
	}
	t.Row("installed", p.Lock.Installed.Format(time.RFC3339)+" from "+p.Lock.From)
	if err := t.Write(m.Stdout, m.style()); err != nil {
		return err
	}
	if err := term.Say(m.Stdout, "config, a JSON Schema:"); err != nil {
		return err
	}
	_, err = fmt.Fprintf(term.Data(m.Stdout), "%s\n", schema)
	return err
}
