package job

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// RunnerConfig is what a Runner is made of.
type RunnerConfig struct {
	Store *Store
	// Owner is who holds the leases: nobody else at the same time. Default: a random name.
	Owner string
	// Build makes the pipeline of a job. It goes on at the checkpoint, where an earlier one left one.
	Build func(*Job) (*pipeline.Pipeline, error)
	// Parallel is how many jobs run at once; default 2.
	Parallel int
	// Lease is how long a job stays with a runner that has died; default 15 s. It is renewed at least every third of it.
	Lease time.Duration
	Log   zerolog.Logger
}

// Runner runs the jobs of a store. Run it once.
type Runner struct {
	cfg  RunnerConfig
	wake chan struct{}
}

// NewRunner makes a runner. It starts nothing.
func NewRunner(cfg RunnerConfig) *Runner {
	if cfg.Parallel == 0 {
		cfg.Parallel = 2
	}
	if cfg.Lease == 0 {
		cfg.Lease = 15 * time.Second
	}
	if cfg.Owner == "" {
		cfg.Owner = rand.Text()
	}
	return &Runner{cfg: cfg, wake: make(chan struct{}, 1)}
}

// Wake tells the runner that a job was started. It never waits.
func (r *Runner) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// report is how often what a job has committed is recorded, unless its lease asks for more.
const report = time.Second

// poll is how often a runner looks for jobs that others have left.
const poll = time.Second

// Run runs jobs until ctx ends. Then those that run commit what they have begun, and are left for the next runner.
func (r *Runner) Run(ctx context.Context) error {
	var g errgroup.Group
	for range r.cfg.Parallel {
		g.Go(func() error {
			r.work(ctx)
			return nil
		})
	}
	return g.Wait()
}

// work runs one job after the other.
func (r *Runner) work(ctx context.Context) {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		j, err := r.cfg.Store.claim(ctx, r.cfg.Owner, r.cfg.Lease)
		switch {
		case ctx.Err() != nil && j == nil:
			return
		case err != nil:
			r.cfg.Log.Error().Err(err).Msg("look for jobs")
		case j != nil:
			r.Wake() // there may be another one, for another worker
			r.run(ctx, j)
			continue
		}
		select {
		case <-tick.C:
		case <-r.wake:
		case <-ctx.Done():
			return
		}
	}
}

// run runs a job to its end, to the end of ctx, or until the lease is lost.
func (r *Runner) run(ctx context.Context, j *Job) {
	log := r.cfg.Log.With().Str("job", j.ID).Str("account", j.Account).Logger()
	store := context.WithoutCancel(ctx) // what became of a job is recorded in any case
	if j.State == Cancelling {
		r.end(store, log, j, Cancelled, Progress{}, nil)
		return
	}
	p, err := r.cfg.Build(j)
	if err != nil {
		r.end(store, log, j, Failed, Progress{}, err)
		return
	}
	log.Info().Msg("job runs")
	running, stop := context.WithCancel(store)
	defer stop()
	ended := make(chan struct{})
	watched := make(chan watching, 1)
	go func() { watched <- r.watch(ctx, store, stop, j, p, ended) }()
	summary, err := p.Run(running)
	close(ended)
	saw := <-watched
	done := progress(&summary.Status)
	switch {
	case saw.lost:
		log.Warn().Msg("another runner has the job")
	case err == nil:
		r.end(store, log, j, Completed, done, nil)
	case saw.cancelled:
		r.end(store, log, j, Cancelled, done, nil)
	case fault.Is(err, fault.StateLocked): // this process was held up, and its own earlier run goes on
		log.Warn().Err(err).Msg("the job runs already")
	case ctx.Err() != nil && fault.Is(err, fault.RunInterrupted):
		if err := r.cfg.Store.release(store, j.ID, r.cfg.Owner); err != nil {
			log.Error().Err(err).Msg("give the job back")
		}
	default:
		r.end(store, log, j, Failed, done, err)
	}
}

// watching is what was seen of a job from outside while it ran.
type watching struct {
	lost      bool
	cancelled bool
}

// watch renews the lease until the pipeline has ended, and hands down what it is told.
func (r *Runner) watch(ctx, store context.Context, stop context.CancelFunc, j *Job, p *pipeline.Pipeline, ended <-chan struct{}) (saw watching) {
	tick := time.NewTicker(min(r.cfg.Lease/3, report))
	defer tick.Stop()
	quit := ctx.Done()
	for {
		select {
		case <-ended:
			return saw
		case <-quit:
			quit = nil
			p.Drain()
		case <-tick.C:
			st := p.Status()
			state, err := r.cfg.Store.renew(store, j.ID, r.cfg.Owner, r.cfg.Lease, progress(&st))
			switch {
			case errors.Is(err, errLost):
				saw.lost = true
				stop() // nothing is committed any more
			case err != nil:
				r.cfg.Log.Error().Err(err).Str("job", j.ID).Msg("renew the lease")
			case state == Cancelling && !saw.cancelled:
				saw.cancelled = true
				p.Drain()
			}
		}
	}
}

// progress is what is committed.
func progress(s *pipeline.Status) Progress {
	return Progress{Done: s.Committed.Read, Failures: s.Committed.Dead, Tokens: s.CommittedTally.Tokens}
}

func (r *Runner) end(ctx context.Context, log zerolog.Logger, j *Job, state State, p Progress, reason error) {
	if reason != nil {
		log.Warn().Err(reason).Msg("job failed")
	}
	if err := r.cfg.Store.finish(ctx, j.ID, r.cfg.Owner, state, p, reason); err != nil {
		log.Error().Err(err).Msg("record the job's end")
		return
	}
	log.Info().Str("state", string(state)).Int64("records", p.Done).Int64("failed", p.Failures).Msg("job ended")
}
