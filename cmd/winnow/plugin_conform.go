package main

import (
	"context"
	"time"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/conform"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/manifest"
	"github.com/winnow-stream/winnow/plugins/store"
)

type pluginTestCmd struct {
	Folder string `arg:"" help:"The folder that holds the plugin's plugin.yaml."`
	Config string `placeholder:"JSON" help:"The configuration to test with. Default: the manifest's example, else {}."`
	JSON   bool   `help:"Print one JSON object for each promise."`

	StartTimeout time.Duration `default:"10s" placeholder:"10s" help:"How long it may take to be ready, such as 1m for one that reads a large model."`
}

// Help is the command's manual below its flags.
func (pluginTestCmd) Help() string {
	return `Examples:

  winnow plugin test .
  winnow plugin test . --config '{"words": {"billing": ["card"]}}'

Starts the plugin as it is in its folder, in whatever language it is written, and
prints which promises of the protocol it keeps, for each kind that it is of. The
input of a source is read several times: configure a small one. Of a source without
an end 1,000 records of each split are read, and half of what is read of it is
acknowledged: configure one of its own, into which nothing else comes meanwhile. A
sink is given some thousand records: configure a place of its own. Exits with 1
where a promise is broken.`
}

// promiseJSON is a promise for machines.
type promiseJSON struct {
	Promise conform.Promise `json:"promise"`
	Kept    bool            `json:"kept"`
	Error   string          `json:"error,omitempty"`
}

// Run tests.
func (c *pluginTestCmd) Run(ctx context.Context, m *Main) error {
	p, err := store.Open(c.Folder)
	if err != nil {
		return err
	}
	config := []byte(c.Config)
	if c.Config == "" {
		if config, err = p.ExampleConfig(); err != nil {
			return err
		}
	}
	if err := p.CheckConfig(config); err != nil {
		return err
	}
	h := host.New(m.Log)
	defer h.Close()
	broken := 0
	var problem error
	report := func(r conform.Result) {
		if r.Err != nil {
			broken++
		}
		if err := c.print(m, r); problem == nil {
			problem = err
		}
	}
	if p.Is(manifest.Classifier) {
		conform.Classifier(ctx, h, host.ClassifierConfig{Program: p.Program(config), Answers: p.Name, Config: config, StartTimeout: c.StartTimeout}, report)
	}
	if p.Is(manifest.Source) {
		conform.Source(ctx, h, host.SourceConfig{Program: p.Program(config), Config: config, StartTimeout: c.StartTimeout}, report)
	}
	if p.Is(manifest.Sink) {
		conform.Sink(ctx, h, host.SinkConfig{Program: p.Program(config), Config: config, StartTimeout: c.StartTimeout}, report)
	}
	if problem == nil && broken > 0 {
		problem = fault.New(fault.PluginPromise, "plugin %s: it breaks %s", p.Name, term.Plural(int64(broken), "promise"))
	}
	return problem
}

func (c *pluginTestCmd) print(m *Main, r conform.Result) error {
	switch {
	case c.JSON && r.Err != nil:
		return m.json(promiseJSON{Promise: r.Promise, Error: r.Err.Error()})
	case c.JSON:
		return m.json(promiseJSON{Promise: r.Promise, Kept: true})
	case r.Err != nil:
		return term.Say(m.Stdout, "broken  %s: %v", r.Promise, r.Err)
	default:
		return term.Say(m.Stdout, "kept    %s", r.Promise)
	}
}
