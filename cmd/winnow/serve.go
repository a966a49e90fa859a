package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"strings"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/ops"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// serveFlags say where the settings of a server come from. Commands that look after its data take them, too.
type serveFlags struct {
	Config string   `placeholder:"FILE" help:"The server's settings, in YAML. Default: none are needed."`
	Data   string   `placeholder:"DIR" help:"The folder of the server's database, uploads and results. Default: winnow-data."`
	Set    []string `sep:"none" placeholder:"NAME=VALUE" help:"Replace one setting, such as limits.texts=100; may be repeated."`
}

type serveCmd struct {
	serveFlags
	Listen   string `placeholder:"ADDRESS" help:"Where to listen: HOST:PORT, or unix:PATH. Default: 127.0.0.1:8080."`
	Insecure bool   `help:"Let other machines ask without a key."`
}

// Help is the command's manual below its flags.
func (serveCmd) Help() string {
	return `Examples:

  winnow serve
  winnow serve --listen 127.0.0.1:9000 --data /var/lib/winnow
  winnow serve --config server.yaml --set limits.texts=100

Clients of Classer's API work with it: set their base URL to the address. Settings
come from the file, from variables such as WINNOW_SERVE_LIMITS_TEXTS, and from
flags; the later ones go first.`
}

// settings reads them from everywhere.
func (f *serveFlags) settings(more ...spec.Setting) (*config.Server, error) {
	var all []spec.Setting
	for _, set := range f.Set {
		path, value, ok := strings.Cut(set, "=")
		if !ok || path == "" {
			return nil, fault.New(fault.Usage, "--set takes a name and a value, and this is %q", set).WithFix("write it as --set limits.texts=100")
		}
		all = append(all, spec.Setting{From: "--set", Path: path, Value: value})
	}
	if f.Data != "" {
		all = append(all, spec.Setting{From: "--data", Path: "data", Value: quoteYAML(f.Data)})
	}
	return config.Load(f.Config, os.Environ(), append(all, more...))
}

// quoteYAML is a text that YAML takes for nothing else.
func quoteYAML(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// flags are the settings that have flags of their own.
func (c *serveCmd) flags() (more []spec.Setting) {
	if c.Listen != "" {
		more = append(more, spec.Setting{From: "--listen", Path: "listen", Value: quoteYAML(c.Listen)})
	}
	if c.Insecure {
		more = append(more, spec.Setting{From: "--insecure", Path: "insecure", Value: "true"})
	}
	return more
}

// sayAddress tells where requests are answered.
func (m *Main) sayAddress(s *config.Server, address net.Addr) {
	if m.quiet {
		return
	}
	scheme := "http"
	if s.TLS != nil {
		scheme = "https"
	}
	fmt.Fprintf(m.Stderr, "winnow: listening on %s://%s\n", scheme, address)
}

// Run answers requests until a signal comes.
func (c *serveCmd) Run(ctx context.Context, m *Main) error {
	s, err := c.settings(c.flags()...)
	if err != nil {
		return err
	}
	db, err := openDatabase(ctx, s)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	owner, lock, err := own(s.Data)
	if err != nil {
		return err
	}
	defer lock.Close()
	kept, err := openStores(ctx, s, db, m.Log)
	if err != nil {
		return err
	}
	made, err := newService(s, kept, owner, m.plugins, m.Log)
	if err != nil {
		return err
	}
	if err := made.prepare(ctx); err != nil {
		return err
	}
	listener, err := ops.Listen(ctx, s.Listen, s.Insecure || kept.keys.Any())
	if fault.Is(err, fault.ListenOpen) {
		e, _ := fault.As(err)
		return e.WithFix("make a key with winnow keys create, or listen on 127.0.0.1")
	}
	if err != nil {
		return err
	}
	ctx, stop := m.interruptible(ctx)
	defer stop()
	debug.FreeOSMemory() // of what only the start needed, which an idle server would hold for good
	m.sayAddress(s, listener.Addr())
	return made.run(ctx, stop, listener)
}
