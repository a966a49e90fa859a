package main

import (
	"context"
	"os"
	"time"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// watchEvery is how often --watch looks at the spec's file. It is looked at rather than subscribed to, since editors,
// git and Kubernetes each replace files in a way of their own.
const watchEvery = time.Second

// reloader brings a changed spec into a running stream: on SIGHUP, and with watch whenever its file has changed or its
// saved classifier has another version.
type reloader struct {
	args  specArgs
	watch bool
	// running is the spec that the pipeline works by, with the version of a saved classifier; named is the same with the
	// reference as it was written, such as an alias that may be moved. Only run uses them.
	running  *spec.Spec
	named    *spec.Spec
	pipeline *pipeline.Pipeline
	options  wire.Options  // of the pipeline
	asked    chan struct{} // a signal has come
}

func newReloader(args specArgs, watch bool, s *spec.Spec, p *pipeline.Pipeline, o wire.Options) *reloader {
	return &reloader{args: args, watch: watch, running: wire.Running(s, p), named: s, pipeline: p, options: o, asked: make(chan struct{}, 1)}
}

// ask makes run reload. It returns at once.
func (r *reloader) ask() {
	select {
	case r.asked <- struct{}{}:
	default: // one is on its way
	}
}

// run reloads until ctx ends.
func (r *reloader) run(ctx context.Context, m *Main) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	if !r.watch {
		tick.Stop()
	}
	seen := stampOf(r.args.Spec)
	last := seen
	version := wire.Version(r.running)
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.asked:
			seen = stampOf(r.args.Spec)
			r.reload(m)
		case <-tick.C:
			now := stampOf(r.args.Spec)
			settled := now == last // whoever writes it is done
			last = now
			if now != seen && settled && now.size > 0 {
				seen = now
				r.reload(m)
			}
			// Empty while the catalog can't be read; another version is tried once.
			if v := wire.Version(r.named); v != "" && v != version {
				version = v
				if v != wire.Version(r.running) {
					r.reload(m)
				}
			}
		}
	}
}

// reload brings the spec in as its file is now, or tells why not.
func (r *reloader) reload(m *Main) {
	var next, pinned *spec.Spec
	build := func() (c pipeline.Change, err error) {
		if r.args.Spec == "-" {
			return c, fault.New(fault.ReloadRefused, "the spec came from standard input").WithFix("run it from a file")
		}
		if next, err = r.args.load(m); err != nil {
			return c, err
		}
		if pinned, err = wire.Pin(next); err != nil {
			return c, err
		}
		return wire.Change(r.running, pinned, r.options)
	}
	err := m.plugins.Swap(func() error { return r.pipeline.Reload(build) })
	if err != nil {
		m.Log.Error().Str("pipeline", r.running.Name).Str("spec", r.args.Spec).Err(err).Msg("the changed spec is refused, and the pipeline goes on as before")
		return
	}
	r.running, r.named = pinned, next
	m.Log.Info().Str("pipeline", next.Name).Str("spec", r.args.Spec).Int64("generation", r.pipeline.Status().Generation).Msg("reloaded")
}

// stamp tells one content of a file from the next.
type stamp struct {
	size int64
	mod  time.Time
}

// stampOf is zero for a file that is not there, which a writer may be replacing.
func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}
	}
	return stamp{info.Size(), info.ModTime()}
}
