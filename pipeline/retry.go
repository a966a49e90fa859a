package pipeline

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

const (
	retryFirst = 100 * time.Millisecond
	retryMax   = 15 * time.Second
	// streamBudget is how long a stream tries to come back: longer than a cluster's rolling restart or a broker's move.
	streamBudget = 15 * time.Minute
	opStream     = "stream"
	opPass       = "pass" // over a bounded input
)

// retry runs f until it succeeds, fails for good, or has failed with transient errors for the whole budget. While it
// waits, the status says why. Several goroutines may retry at once. A panic of f is an error.
func (p *Pipeline) retry(ctx context.Context, op string, f func() error) error {
	return p.retryWhile(ctx, op, func() (bool, error) { return false, f() })
}

// retryWhile is retry for an f that tells whether it got anywhere before it failed: then the budget begins anew.
func (p *Pipeline) retryWhile(ctx context.Context, op string, f func() (progress bool, err error)) error {
	budget := p.cfg.RetryBudget
	if op == opStream {
		budget = max(budget, streamBudget)
	}
	return p.retryFor(ctx, op, budget, f)
}

// retryWrite is retry for a write to a sink, which may have a budget of its own.
func (p *Pipeline) retryWrite(ctx context.Context, op string, s Sink, f func() error) error {
	budget := p.cfg.RetryBudget
	if patient, ok := s.(Patient); ok {
		budget = patient.Patience()
	}
	return p.retryFor(ctx, op, budget, func() (bool, error) { return false, f() })
}

func (p *Pipeline) retryFor(ctx context.Context, op string, budget time.Duration, f func() (progress bool, err error)) error {
	var begun time.Time
	for wait := retryFirst; ; wait = min(2*wait, retryMax) {
		progress, err := guarded(op, f)
		if err == nil {
			if !begun.IsZero() {
				p.status.recovered()
			}
			return nil
		}
		if ctx.Err() != nil || !triedAgain(op, err) {
			return err
		}
		if begun.IsZero() || progress {
			begun, wait = time.Now(), retryFirst
		}
		if time.Since(begun)+wait > budget {
			return err
		}
		p.status.retrying(err)
		p.cfg.Log.Warn().Str("op", op).Dur("wait", wait).Err(err).Msg("trying again")
		// Half of the wait is jitter, so that many processes don't come back at the same moment.
		if !sleep(ctx, wait/2+rand.N(wait/2)) {
			return ctx.Err()
		}
	}
}

// triedAgain tells whether an operation may be tried again after an error. A lost epoch is none of a single sink's: the
// whole pass goes back, and after nothing else.
func triedAgain(op string, err error) bool {
	if fault.FateOf(err) != fault.Transient {
		return false
	}
	var lost *EpochError
	switch op {
	case opStream:
		return true
	case opPass:
		return errors.As(err, &lost)
	default:
		return !errors.As(err, &lost)
	}
}

func guarded(op string, f func() (bool, error)) (progress bool, err error) {
	defer recovered(&err, op)
	return f()
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
