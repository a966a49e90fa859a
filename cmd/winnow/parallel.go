package main

import (
	"strconv"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// parallel is how many goroutines work at once; 0: one for each CPU.
type parallel int

// maxParallel is more than any machine has use for: each goroutine takes memory of its own. It is also that of a spec's
// workers.
const maxParallel = 1024

// UnmarshalText is called by kong where the flag is given.
func (p *parallel) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 0 || n > maxParallel {
		return fault.New(fault.Usage, "--parallel is %s, and not a number up to %d", text, maxParallel).
			WithFix("leave it out to use each CPU")
	}
	*p = parallel(n)
	return nil
}
