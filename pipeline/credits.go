package pipeline

import (
	"context"
	"sync"
)

// credits bound the bytes in flight between the readers and the writer. Splits that are read ahead of their turn may
// use half of them only, so that the split whose turn it is can always go on: what else is in flight drains by itself.
// One request is always granted when nothing is in use, however large, so that a batch above the limit still passes.
type credits struct {
	limit int64
	mu    sync.Mutex
	used  int64         // guarded by mu
	freed chan struct{} // guarded by mu; closed and replaced when credits come back
}

func newCredits(limit int64) *credits {
	return &credits{limit: limit, freed: make(chan struct{})}
}

// take waits until n bytes are free. turn tells whether it is the split's turn; it is asked again after each wait.
func (c *credits) take(ctx context.Context, n int64, turn func() bool) error {
	for {
		c.mu.Lock()
		limit := c.limit
		if !turn() {
			limit /= 2
		}
		if c.used == 0 || c.used+n <= limit {
			c.used += n
			c.mu.Unlock()
			return nil
		}
		freed := c.freed
		c.mu.Unlock()
		select {
		case <-freed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// give returns n bytes; a negative n takes them without waiting.
func (c *credits) give(n int64) {
	c.mu.Lock()
	c.used -= n
	close(c.freed)
	c.freed = make(chan struct{})
	c.mu.Unlock()
}

// wake makes waiting readers look again: another split's turn has come.
func (c *credits) wake() { c.give(0) }

func (c *credits) inUse() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.used
}
