package tagger

import (
	"sync"
	"sync/atomic"
)

// crew does work on several goroutines. What it computes never depends on how many there are: parts are fixed by the
// work alone, and each writes memory of its own.
type crew int

// each calls work for parts of [0, n) of at most size, from several goroutines, and waits for them.
func (c crew) each(n, size int, work func(part, from, to int)) {
	parts := (n + size - 1) / size
	if c <= 1 || parts <= 1 {
		for p := range parts {
			work(p, p*size, min(n, (p+1)*size))
		}
		return
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(int(c), parts) {
		wait.Go(func() {
			for {
				p := int(next.Add(1)) - 1
				if p >= parts {
					return
				}
				work(p, p*size, min(n, (p+1)*size))
			}
		})
	}
	wait.Wait()
}

// dot is the dot product, added up in parts of fixed length.
func (c crew) dot(a, b []float64) float64 {
	const size = 1 << 15
	sums := make([]float64, (len(a)+size-1)/size)
	c.each(len(a), size, func(part, from, to int) {
		var s float64
		y := b[from:to]
		for i, v := range a[from:to] {
			s += v * y[i]
		}
		sums[part] = s
	})
	var s float64
	for _, v := range sums {
		s += v
	}
	return s
}
