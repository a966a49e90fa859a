package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Pipeline takes records from a source, through stages and a classifier, to sinks, and accounts for every one of them.
//
// Its life: New, Run once, and from any goroutine meanwhile Status and Drain. Plan may be called instead of Run.
type Pipeline struct {
	cfg      Config
	decoder  Decoder  // nil: the source's batches come decoded
	streamer Streamer // nil: the source's splits stay the same, and its progress is kept in the state folder
	credits  *credits
	dests    *sync.Pool
	status   board
	state    *stateStore // nil: none is kept

	inFlight  atomic.Int64  // batches
	draining  chan struct{} // closed by Drain
	drainOnce sync.Once

	current   atomic.Pointer[generation] // nil before Run has made its plan
	reloading sync.Mutex                 // one reload at a time
	taps      taps

	// Set by Run before any goroutine starts.
	plan         *Plan
	proto        *tallyProto
	version      string // of the first classifier
	runID        string
	refined      string             // hash of the refined prototypes
	lastReceipts map[string]Receipt // of the last commit; the writer's
}

// Summary is how a run ended.
type Summary struct {
	Status
	Plan *Plan
	// AlreadyComplete tells that an earlier run of the same command had finished: nothing was done.
	AlreadyComplete bool
	// Limited tells that the run ended at its limit rather than at the input's end.
	Limited bool
	Elapsed time.Duration // of this process's part
}

// New checks a configuration and builds the pipeline. It touches nothing outside.
func New(cfg Config) (*Pipeline, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	cfg.setDefaults()
	p := &Pipeline{
		cfg: cfg, credits: newCredits(cfg.Memory), dests: scratchDests(), draining: make(chan struct{}),
		proto: newTallyProto(nil, "", nil),
	}
	p.decoder, _ = cfg.Source.(Decoder)
	p.streamer, _ = cfg.Source.(Streamer)
	p.status.s.Phase, p.status.s.Generation, p.status.s.Stream = Starting, 1, p.streamer != nil
	p.status.s.Name = cfg.Name
	return p, nil
}

// Drain makes Run stop reading, finish and commit what is in flight, and return run.interrupted. It returns at once and
// may be called more than once.
func (p *Pipeline) Drain() {
	p.drainOnce.Do(func() { close(p.draining) })
}

// Streams reports whether the source has splits that come and go (Streamer).
func (p *Pipeline) Streams() bool { return p.streamer != nil }

// Resolved is what names in the spec stood for when the pipeline was built (Config.Resolved).
func (p *Pipeline) Resolved() map[string]string { return p.cfg.Resolved }

// Status is a snapshot for progress bars, sockets and metrics.
func (p *Pipeline) Status() Status {
	s := p.status.snapshot(p.credits.inUse())
	s.Stages = p.stages()
	return s
}

// Run reads the input to its end and publishes the output, or stops with an error; then what was committed stays, and
// a pipeline with the same configuration continues there. The summary is never nil. Cancelling ctx stops at once,
// without a commit.
func (p *Pipeline) Run(ctx context.Context) (*Summary, error) {
	begun := time.Now()
	s := &Summary{}
	err := p.run(ctx, s)
	p.taps.close()
	switch closing := p.close(); {
	case closing == nil:
	case err == nil:
		err = closing
	default: // what ended the run says more
		p.cfg.Log.Warn().Err(closing).Msg("closing after a failure")
	}
	switch _, ok := fault.As(err); {
	case err == nil:
	case !ok && ctx.Err() != nil, p.plan == nil && fault.Is(err, fault.RunInterrupted): // a client says only that it was canceled
		err = p.interrupted(ctx.Err())
	case !ok:
		err = coded(err)
	}
	switch {
	case err == nil:
		p.status.phase(Completed)
	case fault.Is(err, fault.RunInterrupted) || ctx.Err() != nil:
		p.status.phase(Stopped)
	default:
		p.status.phase(Failed)
	}
	s.Status, s.Plan, s.Elapsed = p.Status(), p.plan, time.Since(begun)
	return s, err
}

func (p *Pipeline) run(ctx context.Context, s *Summary) error {
	plan, err := p.Plan(ctx)
	if err != nil {
		return err
	}
	p.plan = plan
	if c := p.cfg.Classifier; c != nil {
		p.version = c.Info().Version
	}
	p.proto = newTallyProto(p.labels(), p.cfg.Gold, p.cfg.Extractor)
	w, err := p.recover(ctx, s)
	switch {
	case err != nil || s.AlreadyComplete:
		return err
	case p.cfg.Finish:
		return w.seal(ctx)
	}
	p.current.Store(p.first())
	if p.cfg.Refine {
		if err := p.refine(ctx, w); err != nil {
			return err
		}
		p.current.Store(p.first())
	}
	p.status.phase(Running)
	return p.pass(ctx, w, s)
}

// pass is the run proper: everything from the last checkpoint to the seal. When a sink of a bounded run loses what it took
// since the last commit, it is read again.
func (p *Pipeline) pass(ctx context.Context, w *writer, s *Summary) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer p.watchDrain(ctx, cancel)()
	defer w.traceEpoch(false, time.Time{}, nil) // what was committed has been told before
	if p.streamer != nil || !p.plan.layout.Replayable {
		return p.passOnce(ctx, w, s)
	}
	w.settle()
	return p.retryWhile(ctx, opPass, func() (progress bool, err error) {
		before := w.settled.counts.Read
		p.status.recovered()
		if err := w.kept(ctx); err != nil {
			return false, err
		}
		err = p.passOnce(ctx, w, s)
		progress = w.settled.counts.Read > before
		if ctx.Err() == nil && triedAgain(opPass, err) {
			p.status.phase(Running)
			err = errors.Join(err, w.rewind(ctx))
		}
		return progress, err
	})
}

// passOnce reads from the last commit on, and seals.
func (p *Pipeline) passOnce(ctx context.Context, w *writer, s *Summary) error {
	err := p.read(ctx, w)
	switch {
	case err == nil:
	case errors.Is(err, errLimit):
		s.Limited = true
	case errors.Is(err, errDrained):
		if p.streamer == nil {
			if err := w.commit(ctx, Running); err != nil {
				return err
			}
		}
		return p.interrupted(errDrained)
	case ctx.Err() != nil:
		return p.interrupted(context.Cause(ctx))
	default:
		return coded(err)
	}
	if p.streamer != nil {
		return w.balance()
	}
	return w.seal(ctx)
}

// read takes the input through the flow until it ends, which an early end (errLimit, errDrained) is too.
func (p *Pipeline) read(ctx context.Context, w *writer) error {
	if p.streamer != nil {
		return p.follow(ctx, w)
	}
	in := p.intake(p.plan.want, p.limitLeft(w))
	f := &flow{p: p, process: p.work, consume: w.consume, read: func(ctx context.Context, send func(*task) error) error {
		return in.run(ctx, p.plan.Splits[w.ledger.done:], w.ledger.next, send)
	}}
	return f.run(ctx)
}

// coded gives an error that ended the flow a code, where it has none.
func coded(err error) error {
	if _, ok := fault.As(err); ok {
		return err
	}
	return fault.New(fault.Internal, "%w", err)
}

// interrupted is the end of a run that was told to stop: by a drain, which commits what has begun, or at once.
func (p *Pipeline) interrupted(cause error) error {
	c := p.status.snapshot(0).Committed
	counts := fmt.Sprintf("%d delivered, %d rejected, %d dropped", c.Delivered, c.Dead, c.Dropped)
	switch {
	case p.plan == nil:
		return fault.New(fault.RunInterrupted, "stopped before the first record")
	case p.plan.Guarantee == AtMostOnce:
		return fault.New(fault.RunInterrupted, "stopped after %d records (%s)", c.Read, counts).
			WithFix("nothing was kept to continue from: run the command again from the start")
	case errors.Is(cause, errDrained):
		return fault.New(fault.RunInterrupted, "stopped after %d records, all of them committed (%s)", c.Read, counts)
	case errors.Is(cause, errShutdownTimeout):
		return fault.New(fault.RunInterrupted, "stopped when the shutdown timeout was over: %d records are committed (%s), what was read since is not", c.Read, counts)
	default:
		return fault.New(fault.RunInterrupted, "stopped at once: %d records are committed (%s), what was read since is not", c.Read, counts)
	}
}

// errShutdownTimeout cancels a pass whose drain takes too long.
var errShutdownTimeout = errors.New("the shutdown timeout is over")

// watchDrain cancels the pass when draining takes too long. The returned function ends the watch and the pass.
func (p *Pipeline) watchDrain(ctx context.Context, cancel context.CancelCauseFunc) (stop func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-p.draining:
			p.status.phase(Draining)
			if sleep(ctx, p.cfg.ShutdownTimeout) {
				cancel(errShutdownTimeout)
			}
		case <-ctx.Done():
		}
	}()
	return func() {
		cancel(nil)
		<-done
	}
}

func (p *Pipeline) intake(want Projection, left int64) *intake {
	return &intake{p: p, want: want, credits: p.credits, left: left}
}

func (p *Pipeline) limitLeft(w *writer) int64 {
	if p.cfg.Limit <= 0 {
		return -1
	}
	return max(p.cfg.Limit-w.ledger.counts.Read, 0)
}

func (p *Pipeline) close() error {
	var errs []error
	for _, s := range p.outputs() {
		errs = append(errs, s.Sink.Close())
	}
	if c, ok := p.cfg.Source.(io.Closer); ok {
		errs = append(errs, c.Close())
	}
	return errors.Join(append(errs, p.state.close())...)
}
