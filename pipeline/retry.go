package pipeline

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

const (
	retryFirst = 100 * time.Millisecond
	retryMax   = 15 * time.Second
)

// retry runs f until it succeeds, fails for good, or has failed with transient errors for the whole budget. While it
// waits, the status says why. Several goroutines may retry at once.
func (p *Pipeline) retry(ctx context.Context, op string, f func() error) error {
	var begun time.Time
	for wait := retryFirst; ; wait = min(2*wait, retryMax) {
		err := f()
		if err == nil {
			if !begun.IsZero() {
				p.status.recovered()
			}
			return nil
		}
		if fault.FateOf(err) != fault.Transient || ctx.Err() != nil {
			return err
		}
		if begun.IsZero() {
			begun = time.Now()
		}
		if time.Since(begun)+wait > p.cfg.RetryBudget {
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
