package pipelinetest

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Call is one call that a faulty part received.
type Call struct {
	Kind   string // the method in lower case: "next", "write", "commit", …
	N      int    // counted from 1 for each kind, over all splits
	Split  string // of readers and writes
	Offset int64  // of readers: where they stand; of writes: the batch's first
	Rows   int    // of writes and classifications
}

// Script decides what becomes of a call: it may return an error, wait, or panic. Scripts are called from many
// goroutines at once.
type Script func(ctx context.Context, c Call) error

// FailN fails the first n calls of a kind with err.
func FailN(kind string, n int, err error) Script {
	return func(_ context.Context, c Call) error {
		if c.Kind == kind && c.N <= n {
			return err
		}
		return nil
	}
}

// FailNth fails the n-th call of a kind with err, once.
func FailNth(kind string, n int, err error) Script {
	return func(_ context.Context, c Call) error {
		if c.Kind == kind && c.N == n {
			return err
		}
		return nil
	}
}

// PanicNth panics in the n-th call of a kind.
func PanicNth(kind string, n int, value any) Script {
	return func(_ context.Context, c Call) error {
		if c.Kind == kind && c.N == n {
			panic(value)
		}
		return nil
	}
}

// Slow makes every call of a kind wait.
func Slow(kind string, d time.Duration) Script {
	return func(ctx context.Context, c Call) error {
		if c.Kind != kind {
			return nil
		}
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// All runs scripts one after another; the first error counts.
func All(scripts ...Script) Script {
	return func(ctx context.Context, c Call) error {
		for _, s := range scripts {
			if err := s(ctx, c); err != nil {
				return err
			}
		}
		return nil
	}
}

// calls counts a part's calls and runs its script.
type calls struct {
	mu  sync.Mutex
	n   map[string]int // guarded by mu
	log []Call         // guarded by mu
}

func (c *calls) count(call Call) Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int{}
	}
	c.n[call.Kind]++
	call.N = c.n[call.Kind]
	c.log = append(c.log, call)
	return call
}

func (c *calls) made() []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.log)
}

func (s Script) run(ctx context.Context, c Call) error {
	if s == nil {
		return nil
	}
	return s(ctx, c)
}
