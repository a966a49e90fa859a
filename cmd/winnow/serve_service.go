package main

import (
	"context"
	"net"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/notify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/ops"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/upkeep"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	jobs "github.com/winnow-stream/winnow/pipeline/job"
)

// pluginsRest is how long a plugin that a saved classifier is may be idle before its process ends, until it is asked again: saved
// versions are many, and each that was ever asked for would stay.
const pluginsRest = 10 * time.Minute

// service is what answers requests, and what works behind it.
type service struct {
	owner  string // of the jobs' leases
	shared bool   // other servers use the same stores
	kept   *stores
	server *api.Server
	runner *jobs.Runner
	care   *upkeep.Upkeep
	sender *notify.Sender
	log    zerolog.Logger
}

// newService puts a service together. It starts nothing.
func newService(s *config.Server, kept *stores, owner string, plugins *wire.Plugins, log zerolog.Logger) (*service, error) {
	work := filepath.Join(s.Data, "work")
	told, err := newChannels(s, kept.jobs, kept.keys, kept.hooks, log)
	if err != nil {
		return nil, err
	}
	builder := &jobBuilder{store: kept.jobs, blobs: kept.blobs, files: kept.files, work: work, plugins: plugins, log: log}
	ended := ops.JobMetrics()
	runner := jobs.NewRunner(jobs.RunnerConfig{
		Store: kept.jobs, Owner: owner, Build: builder.build, Salvage: builder.salvage, Settle: kept.usage.Settle, Notify: told.of,
		Ended: func(state jobs.State, took time.Duration) {
			ended.WithLabelValues(string(state)).Observe(took.Seconds())
		},
		Shutdown: s.ShutdownTimeout.Std(), Log: log,
	})
	plugins.Idle, plugins.Batch = pluginsRest, false // requests are answered at once
	version, _ := buildVersion()
	server, err := api.New(api.Config{
		Server: *s, Version: version, Loopback: ops.Loopback(s.Listen), Backend: wire.Classifiers{Plugins: plugins}, Keys: kept.keys, Keyring: kept.keys, Memory: kept.memory, Usage: kept.usage,
		Catalogs: wire.Catalogs{Dir: "classifiers", FS: kept.saved},
		Jobs:     &api.Jobs{Store: kept.jobs, Wake: runner.Wake, Look: wire.LookAtJob, Blobs: kept.blobs, Signer: kept.signer},
		Files:    kept.files, Webhooks: kept.hooks, Metrics: []prometheus.Collector{ops.PluginMetrics("", plugins.Status), ended}, Log: log,
	})
	if err != nil {
		return nil, err
	}
	builder.server = server // there is one before anything runs
	return &service{
		owner: owner, shared: s.Shared(), kept: kept, server: server, runner: runner, log: log,
		care: upkeep.New(upkeep.Config{Store: kept.jobs, Blobs: kept.blobs, Files: kept.files, Work: work, Retention: s.Retention.Std(), Log: log}),
		sender: &notify.Sender{Outbox: kept.jobs, Channels: told, Log: log, Announce: func(ctx context.Context) error {
			return kept.jobs.Announce(ctx, time.Now().Add(-notify.GiveUp), told.of)
		}},
	}, nil
}

// prepare takes over what an earlier process has left, and removes what is not needed of it.
func (s *service) prepare(ctx context.Context) error {
	if err := s.kept.jobs.Reclaim(ctx, s.owner); err != nil { // the folder is ours alone, and so is its name
		return err
	}
	if err := s.care.Claim(ctx); err != nil {
		return err
	}
	settled := time.Now()
	if s.shared {
		settled = settled.Add(-upkeep.WayFor)
	}
	return s.care.Once(ctx, settled)
}

// run answers on the listener until ctx ends, and calls stop when it has answered the last request: without a server there are
// no jobs.
func (s *service) run(ctx context.Context, stop func(), listener net.Listener) error {
	counting, stopCounting := context.WithCancel(context.WithoutCancel(ctx))
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.runner.Run(ctx) })
	g.Go(func() error { return s.care.Run(ctx) })
	g.Go(func() error { return s.sender.Run(ctx) })
	g.Go(func() error { return s.kept.usage.Run(counting) })
	g.Go(func() error { return s.kept.keys.Run(counting, s.log) })
	g.Go(func() error {
		defer stopCounting() // when the last request is answered
		defer stop()
		return s.server.Run(ctx, listener)
	})
	return g.Wait()
}
