package http

import (
	"context"
	"sync"
	"time"
)

// gate is the circuit breaker, and where an endpoint's wish to be left alone is kept: nothing is sent before its time.
type gate struct {
	limit int           // failures in a row that open it
	pause time.Duration // while it is open

	mu       sync.Mutex
	failures int       // guarded by mu; in a row
	until    time.Time // guarded by mu
}

func newGate(limit int, pause time.Duration) *gate { return &gate{limit: limit, pause: pause} }

// wait waits until something may be sent.
func (g *gate) wait(ctx context.Context) error {
	g.mu.Lock()
	d := time.Until(g.until)
	g.mu.Unlock()
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// failed enters a failure after which the endpoint wants to be left alone for so long (0: it did not say). It returns
// how long nothing is sent now, and how many failures there were in a row.
func (g *gate) failed(after time.Duration) (pause time.Duration, failures int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.failures++
	pause = max(firstPause<<min(g.failures-1, 6), min(after, maxPause))
	if g.failures >= g.limit {
		pause = max(pause, g.pause)
	}
	if until := time.Now().Add(pause); until.After(g.until) {
		g.until = until
	}
	return time.Until(g.until), g.failures
}

// passed enters that the endpoint works.
func (g *gate) passed() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.failures = 0
}

func (g *gate) isOpen() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.failures >= g.limit
}
