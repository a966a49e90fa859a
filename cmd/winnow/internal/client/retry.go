package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Pauses between tries, where the server names none.
const (
	firstPause = 250 * time.Millisecond
	lastPause  = 8 * time.Second
)

// busyError is an answer that may be another one later. After is how long the server asks to wait; 0: it does not say.
type busyError struct {
	error
	after time.Duration
}

func (e busyError) Unwrap() error { return e.error }

// persist runs f until it succeeds, fails for good, or has failed for as long as the client has patience. A server that
// has never answered is given up at once: most likely there is none.
func (c *Client) persist(ctx context.Context, f func() error) error {
	return c.persistWhile(ctx, func() (bool, error) { return false, f() })
}

// persistWhile is persist for an f that tells whether it got anywhere before it failed: then patience begins anew.
func (c *Client) persistWhile(ctx context.Context, f func() (progress bool, err error)) error {
	var waited time.Duration
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		progress, err := f()
		if err == nil || ctx.Err() != nil || !c.mayPass(err) {
			return err
		}
		if progress {
			waited, pause = 0, firstPause
		}
		d := pause/2 + rand.N(pause/2)
		var busy busyError
		if errors.As(err, &busy) && busy.after > 0 {
			d = busy.after
		}
		if waited += d; waited > c.cfg.Patience {
			return err
		}
		if err := c.cfg.Wait(ctx, d); err != nil {
			return err
		}
	}
}

// mayPass is the one place that decides whether a request is sent again.
func (c *Client) mayPass(err error) bool {
	var busy busyError
	return errors.As(err, &busy) || fault.Is(err, fault.ServerUnreachable) && c.met.Load()
}
