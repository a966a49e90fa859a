package main

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
)

type classifiersListCmd struct {
	JSON bool `help:"Print one JSON object for each name."`
}

// Help is the command's manual below its flags.
func (classifiersListCmd) Help() string {
	return `Examples:

  winnow classifiers list
  winnow classifiers list --json

Those that are built in can't be changed or deleted. The others lie in the
folder classifiers of WINNOW_HOME; without that variable, of winnow's folder
among the user's data (~/.local/share/winnow).`
}

// classifierJSON is a name for machines.
type classifierJSON struct {
	Name     string         `json:"name"`
	Builtin  bool           `json:"builtin,omitempty"`
	Aliases  map[string]int `json:"aliases"`
	Versions []versionJSON  `json:"versions"`
}

type versionJSON struct {
	Number  int              `json:"number"`
	Hash    string           `json:"hash"`
	Backend string           `json:"backend"`
	Labels  int              `json:"labels"`
	Created time.Time        `json:"created"`
	Metrics *catalog.Metrics `json:"metrics,omitempty"`
}

// Run lists what can be read, and fails where something can't.
func (c *classifiersListCmd) Run(m *Main) error {
	cat, err := wire.Catalog()
	if err != nil {
		return err
	}
	entries, problems := cat.List()
	if c.JSON {
		for i := range entries {
			if err := m.json(entryJSON(&entries[i])); err != nil {
				return errors.Join(problems, err)
			}
		}
		return problems
	}
	return errors.Join(problems, term.WriteClassifiers(m.Stdout, entries, m.style()))
}

func entryJSON(e *catalog.Entry) classifierJSON {
	out := classifierJSON{Name: e.Name, Builtin: e.Builtin, Aliases: make(map[string]int)}
	for _, a := range e.Aliases {
		out.Aliases[a.Alias] = a.Number
	}
	for _, m := range e.Versions {
		v := versionJSON{Number: m.Number, Hash: m.Hash, Backend: m.Backend.Name, Labels: len(m.Labels), Created: m.Origin.Created}
		if len(m.Evaluation) > 0 {
			if metrics, err := catalog.ParseMetrics(m.Evaluation); err == nil {
				v.Metrics = &metrics
			}
		}
		out.Versions = append(out.Versions, v)
	}
	return out
}

// json prints a value as one line of JSON.
func (m *Main) json(v any) error { return json.NewEncoder(m.Stdout).Encode(v) }
