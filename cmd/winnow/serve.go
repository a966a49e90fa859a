package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/account"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/dbfs"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/filestore"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/notify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/once"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/ops"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/upkeep"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/usage"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/webhook"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/fault"
	jobs "github.com/winnow-stream/winnow/pipeline/job"
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
	keys, err := account.New(ctx, db)
	if err != nil {
		return err
	}
	store, err := jobs.NewStore(ctx, db)
	if err != nil {
		return err
	}
	memory, err := once.New(ctx, db)
	if err != nil {
		return err
	}
	if err := store.Reclaim(ctx, owner); err != nil { // the folder is ours alone, and so is its name
		return err
	}
	used, err := usage.New(ctx, db, m.Log)
	if err != nil {
		return err
	}
	kept, signer, err := openBlobs(ctx, s)
	if err != nil {
		return err
	}
	work := filepath.Join(s.Data, "work")
	files, err := filestore.New(ctx, db, kept)
	if err != nil {
		return err
	}
	care := upkeep.New(upkeep.Config{Store: store, Blobs: kept, Files: files, Work: work, Retention: s.Retention.Std(), Log: m.Log})
	if err := care.Claim(ctx); err != nil {
		return err
	}
	hooks, err := webhook.New(ctx, db)
	if err != nil {
		return err
	}
	saved, err := dbfs.New(ctx, db)
	if err != nil {
		return err
	}
	told, err := newChannels(s, store, keys, hooks, m.Log)
	if err != nil {
		return err
	}
	sender := &notify.Sender{Outbox: store, Channels: told, Log: m.Log, Announce: func(ctx context.Context) error {
		return store.Announce(ctx, time.Now().Add(-notify.GiveUp), told.of)
	}}
	builder := &jobBuilder{store: store, blobs: kept, files: files, work: work, log: m.Log}
	runner := jobs.NewRunner(jobs.RunnerConfig{Store: store, Owner: owner, Notify: told.of, Build: builder.build, Salvage: builder.salvage, Settle: used.Settle, Log: m.Log})
	version, _ := buildVersion()
	server, err := api.New(api.Config{
		Server: *s, Version: version, Loopback: ops.Loopback(s.Listen), Backend: wire.Classifiers{}, Keys: keys, Memory: memory, Usage: used,
		Catalogs: wire.Catalogs{Dir: "classifiers", FS: saved},
		Jobs:     &api.Jobs{Store: store, Wake: runner.Wake, Look: wire.LookAtJob, Blobs: kept, Signer: signer}, Files: files, Webhooks: hooks, Log: m.Log,
	})
	if err != nil {
		return err
	}
	settled := time.Now()
	if s.Shared() {
		settled = settled.Add(-upkeep.WayFor)
	}
	builder.server = server // there is one before anything runs
	if err := care.Once(ctx, settled); err != nil {
		return err
	}
	listener, err := ops.Listen(ctx, s.Listen, s.Insecure || keys.Any())
	if fault.Is(err, fault.ListenOpen) {
		e, _ := fault.As(err)
		return e.WithFix("make a key with winnow keys create, or listen on 127.0.0.1")
	}
	if err != nil {
		return err
	}
	ctx, stop := m.interruptible(ctx)
	defer stop()
	m.sayAddress(s, listener.Addr())
	counting, stopCounting := context.WithCancel(context.WithoutCancel(ctx))
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return runner.Run(ctx) })
	g.Go(func() error { return care.Run(ctx) })
	g.Go(func() error { return sender.Run(ctx) })
	g.Go(func() error { return used.Run(counting) })
	g.Go(func() error {
		defer stopCounting() // when the last request is answered
		defer stop()         // without a server there are no jobs
		return server.Run(ctx, listener)
	})
	return g.Wait()
}
