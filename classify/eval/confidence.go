package eval

import "math"

// unit is a confidence as it is counted: in ten-thousandths, the 4 decimals that classifiers report. Sums of units are
// exact, whatever their order.
type unit = int32

const one unit = 10_000

// unitOf rounds a confidence to its unit; what is no number from 0 to 1 goes to the nearest end.
func unitOf(c float64) unit {
	switch {
	case !(c > 0): // NaN too
		return 0
	case c >= 1:
		return one
	}
	return unit(math.Round(c * float64(one)))
}

func (h *histogram) chunk(u unit) *[chunkBins]tally { return h.chunks[u/chunkBins] }

const (
	chunkBins = 128
	chunks    = int(one)/chunkBins + 1
)

// tally counts rows, and those of them that are right.
type tally struct{ rows, right int64 }

// histogram counts rows by confidence, exactly to the unit. Parts of the range that are never met take no memory.
type histogram struct {
	chunks [chunks]*[chunkBins]tally
	all    tally
}

func (h *histogram) add(u unit, right bool) {
	c := h.chunk(u)
	if c == nil {
		c = new([chunkBins]tally)
		h.chunks[u/chunkBins] = c
	}
	t := &c[u%chunkBins]
	t.rows++
	h.all.rows++
	if right {
		t.right++
		h.all.right++
	}
}

// down visits the confidences that occur, highest first.
func (h *histogram) down(visit func(u unit, t tally)) {
	for i := chunks - 1; i >= 0; i-- {
		if h.chunks[i] == nil {
			continue
		}
		for j := chunkBins - 1; j >= 0; j-- {
			if t := h.chunks[i][j]; t.rows > 0 {
				visit(unit(i*chunkBins+j), t)
			}
		}
	}
}
