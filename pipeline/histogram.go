package pipeline

import (
	"slices"
	"time"
)

// DurationBounds are the upper bounds, in seconds, of a Histogram's bins: from a file's sync to a transaction that waits
// for a broker, and from a batch of short texts to one that waits for a remote model.
var DurationBounds = [...]float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

// Histogram counts durations.
type Histogram struct {
	Counts [len(DurationBounds) + 1]int64 `json:"counts"` // up to each bound, and above the last
	Sum    time.Duration                  `json:"sum"`
}

// Add counts one.
func (h *Histogram) Add(d time.Duration) {
	i, _ := slices.BinarySearch(DurationBounds[:], d.Seconds())
	h.Counts[i]++
	h.Sum += d
}

// Count is how many durations were counted.
func (h *Histogram) Count() int64 {
	var n int64
	for _, c := range h.Counts {
		n += c
	}
	return n
}
