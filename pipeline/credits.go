package pipeline

import (
	"context"
	"sync"
)

// credits bound the bytes in flight between the readers and the writer. Splits that are read ahead of their turn may
// use half of them only. What flows, on its way from the split whose turn it is to the writer, comes back by itself;
// what was read ahead does not before its turn. So that split is always granted a batch when nothing flows, even above
// the limit: otherwise two that wait for each other's credits would wait for ever.
type credits struct {
	limit   int64
	mu      sync.Mutex
	used    int64         // guarded by mu
	flowing int64         // guarded by mu; the part of used that comes back by itself
	freed   chan struct{} // guarded by mu; closed and replaced when credits come back
}

func newCredits(limit int64) *credits {
	return &credits{limit: limit, freed: make(chan struct{})}
}

// take waits until n bytes are free. turn tells whether it is the split's turn; it is asked again after each wait.
func (c *credits) take(ctx context.Context, n int64, turn func() bool) error {
	for {
		c.mu.Lock()
		limit, first := c.limit, turn()
		if !first {
			limit /= 2
		}
		if c.used == 0 || c.used+n <= limit || first && c.flowing == 0 {
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

// flow tells that n of the bytes in use are on their way to the writer now; done gives them back.
func (c *credits) flow(n int64) {
	c.mu.Lock()
	c.flowing += n
	c.mu.Unlock()
}

func (c *credits) done(n int64) {
	c.mu.Lock()
	c.flowing -= n
	c.mu.Unlock()
	c.give(n)
}

// wake makes waiting readers look again: another split's turn has come.
func (c *credits) wake() { c.give(0) }

func (c *credits) inUse() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.used
}
