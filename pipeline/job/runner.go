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
	"github.com/winnow-stream/winnow/pipeline/job/database"
)

// RunnerConfig is what a Runner is made of.
type RunnerConfig struct {
	Store *Store
	// Owner is who holds the leases: nobody else at the same time. Default: a random name.
	Owner string
	// Build makes a job ready to run. It goes on at the checkpoint, where an earlier one left one.
	Build func(context.Context, *Job) (*Work, error)
	// Salvage keeps what a job that was cancelled or has failed left on this machine, before its row says so: done is what of it
	// is committed, and what lies behind that is not to be kept. It returns the key of results that are kept, or nothing where there
	// are none. It may be called again after a crash, and after an error that passes; after any other, and where the disk is
	// full, the job ends without results. nil: nothing is kept.
	Salvage func(ctx context.Context, j *Job, done Progress) (results string, err error)
	// Settle is called in the transaction that records a job's end, with its row; nil: nothing is. A job that is started again
	// ends again.
	Settle func(context.Context, *database.Tx, *Job) error
	// Notify finds the channels by which the end of a job is told, whose State it has; the outbox has a note for each. nil: it
	// is not told.
	Notify func(context.Context, *Job) (channels []string, err error)
	// Ended is told of each job whose end this runner has recorded, and of the time since its start; nil: nobody is. It is called
	// by several goroutines.
	Ended func(state State, took time.Duration)
	// Parallel is how many jobs run at once; default 2.
	Parallel int
	// Lease is how long a job stays with a runner that has died; default 15 s. It is renewed at least every third of it.
	Lease time.Duration
	// Shutdown is how long jobs may take to finish what they have begun when Run's context ends; then they are cut off, and their
	// last checkpoints hold. Default 30 s.
	Shutdown time.Duration
	Log      zerolog.Logger
}

// Work is a job that is ready to run.
type Work struct {
	Pipeline *pipeline.Pipeline
	// Publish puts the results of the pipeline, which is completed, where they are kept, and returns their key. It may be
	// called again after a crash.
	Publish func(context.Context) (string, error)
	// Clean removes what only the running of the job needed, once the job's end is recorded.
	Clean func() error
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
	if cfg.Shutdown == 0 {
		cfg.Shutdown = 30 * time.Second
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

// cancelFor is how long a job that is cancelled may take to finish what it has begun, such as a write that a full disk refuses.
const cancelFor = 10 * time.Second

// pauseFor is how long a job is paused before somebody tries to go on.
const pauseFor = 15 * time.Second

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
		r.end(store, log, j, Cancelled, outcome{done: done(j)})
		return
	}
	log.Info().Msg("job runs")
	running, abandon := context.WithCancel(store)
	defer abandon()
	s := new(steps)
	ended := make(chan struct{})
	watched := make(chan watching, 1)
	go func() { watched <- r.watch(ctx, store, abandon, j, s, ended) }()
	o := r.perform(running, j, s)
	close(ended)
	saw := <-watched
	if saw.state != "" {
		j.State = saw.state
	}
	switch {
	case saw.lost:
		log.Warn().Msg("another runner has the job")
	case o.err == nil:
		r.end(store, log, j, Completed, o)
	case saw.cancelled:
		o.err = nil
		r.end(store, log, j, Cancelled, o)
	case fault.Is(o.err, fault.StateLocked): // this process was held up, and its own earlier run goes on
		log.Warn().Err(o.err).Msg("the job runs already")
	case ctx.Err() != nil && (fault.Is(o.err, fault.RunInterrupted) || errors.Is(o.err, context.Canceled)):
		if err := r.cfg.Store.release(store, j.ID, r.cfg.Owner, o.done); err != nil {
			log.Error().Err(err).Msg("give the job back")
		}
	case fault.FateOf(o.err) == fault.Transient:
		log.Warn().Err(o.err).Msg("the job is paused")
		if err := r.cfg.Store.pause(store, j, r.cfg.Owner, r.cfg.Store.now().Add(pauseFor), o.done, o.err); err != nil {
			log.Error().Err(err).Msg("pause the job") // its lease runs out
		}
	default:
		r.end(store, log, j, Failed, o)
	}
}

// outcome is what became of a job.
type outcome struct {
	work    *Work
	done    Progress
	results string // the key of the results
	err     error
}

// perform makes a job ready, runs it, and publishes its results.
func (r *Runner) perform(ctx context.Context, j *Job, s *steps) (o outcome) {
	o.done = done(j)
	o.err = s.do(ctx, func(ctx context.Context) (err error) {
		o.work, err = r.cfg.Build(ctx, j)
		return err
	})
	if o.err != nil {
		return o
	}
	if o.done, o.err = s.run(ctx, o.work.Pipeline, o.done); o.err != nil {
		return o
	}
	o.err = s.do(ctx, func(ctx context.Context) (err error) {
		if err := r.cfg.Store.finalize(ctx, j.ID, r.cfg.Owner, o.done); err != nil {
			return err
		}
		o.results, err = o.work.Publish(ctx)
		return err
	})
	return o
}

// watching is what was seen of a job from outside while it ran.
type watching struct {
	lost      bool
	cancelled bool
	state     State // Paused or, when it got on again, Processing; empty: as it was
}

// watch renews the lease until the job has ended, and hands down what it is told.
func (r *Runner) watch(ctx, store context.Context, abandon context.CancelFunc, j *Job, s *steps, ended <-chan struct{}) (saw watching) {
	tick := time.NewTicker(min(r.cfg.Lease/3, report))
	defer tick.Stop()
	quit := ctx.Done()
	var late <-chan time.Time // nil: the job was not told to stop
	stop := func(patience time.Duration) {
		s.stop()
		if late == nil {
			late = time.After(patience)
		}
	}
	for {
		select {
		case <-ended:
			return saw
		case <-quit:
			quit = nil
			stop(r.cfg.Shutdown)
		case <-late:
			abandon()
		case <-tick.C:
			p, trouble := s.progress()
			state, err := r.cfg.Store.renew(store, j.ID, r.cfg.Owner, r.cfg.Lease, p)
			switch {
			case trouble != nil && state == Processing:
				if err = r.cfg.Store.stall(store, j.ID, r.cfg.Owner, trouble); err == nil {
					saw.state = Paused
				}
			case trouble == nil && state == Paused && (saw.state == Paused || p.Done > j.Done):
				if err = r.cfg.Store.unpause(store, j.ID, r.cfg.Owner); err == nil {
					saw.state = Processing
				}
			}
			switch {
			case errors.Is(err, errLost):
				saw.lost = true
				abandon() // nothing is committed any more
			case err != nil:
				r.cfg.Log.Error().Err(err).Str("job", j.ID).Msg("renew the lease")
			case state == Cancelling && !saw.cancelled:
				saw.cancelled = true
				stop(min(cancelFor, r.cfg.Shutdown))
			}
		}
	}
}

// done is what a job's earlier runs have committed.
func done(j *Job) Progress { return Progress{Done: j.Done, Failures: j.Failures, Tokens: j.Tokens} }

// progress is what is committed.
func progress(s *pipeline.Status) Progress {
	return Progress{Done: s.Committed.Read, Failures: s.Committed.Dead, Tokens: s.CommittedTally.Tokens}
}

func (r *Runner) end(ctx context.Context, log zerolog.Logger, j *Job, state State, o outcome) {
	if o.err != nil {
		log.Warn().Err(o.err).Msg("job failed")
	}
	if state != Completed && r.cfg.Salvage != nil {
		release := r.hold(ctx, log, j, o.done)
		var err error
		o.results, err = r.cfg.Salvage(ctx, j, o.done)
		if release(); err != nil {
			log.Error().Err(err).Msg("keep what the job has left")
			// A full disk may wait for just this: that the job ends and is deleted.
			if fault.FateOf(err) == fault.Transient && !fault.Is(err, fault.StorageFull) {
				return // the lease runs out, and another try is made
			}
			o.results = ""
			if o.err == nil {
				o.err = err
			}
		}
	}
	channels, err := r.channels(ctx, j, state)
	if err != nil { // the lease runs out, and another try is made
		log.Error().Err(err).Msg("find who is told of the job")
		return
	}
	if err := r.cfg.Store.finish(ctx, j.ID, r.cfg.Owner, state, o.done, o.results, o.err, channels, r.cfg.Settle); err != nil {
		log.Error().Err(err).Msg("record the job's end")
		return
	}
	log.Info().Str("state", string(state)).Int64("records", o.done.Done).Int64("failed", o.done.Failures).Msg("job ended")
	if r.cfg.Ended != nil {
		r.cfg.Ended(state, r.cfg.Store.now().Sub(j.Started))
	}
	if state == Completed {
		if err := o.work.Clean(); err != nil { // the next sweep does it
			log.Warn().Err(err).Msg("clean up after the job")
		}
	}
}

// hold renews a job's lease until it is released: nobody else ends the job meanwhile, however long that takes.
func (r *Runner) hold(ctx context.Context, log zerolog.Logger, j *Job, p Progress) (release func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(r.cfg.Lease / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if _, err := r.cfg.Store.renew(ctx, j.ID, r.cfg.Owner, r.cfg.Lease, p); err != nil && ctx.Err() == nil {
					log.Error().Err(err).Msg("renew the lease")
				}
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// channels are those by which is told that a job has ended in a state.
func (r *Runner) channels(ctx context.Context, j *Job, state State) ([]string, error) {
	if r.cfg.Notify == nil {
		return nil, nil
	}
	ended := *j
	ended.State = state
	return r.cfg.Notify(ctx, &ended)
}
