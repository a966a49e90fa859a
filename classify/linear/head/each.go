package head

import (
	"context"
	"sync"
	"sync/atomic"
)

// each calls do(scratch, i) for i from 0 to n−1 on several goroutines, each with a scratch of its own, and waits for
// them. Once the context ends, no further call is begun, and its error is returned.
func each[S any](ctx context.Context, workers, n int, scratch func() S, do func(s S, i int)) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(workers, n) {
		wg.Go(func() {
			s := scratch()
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				do(s, i)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

// none is for work that needs no scratch.
func none() struct{} { return struct{}{} }
