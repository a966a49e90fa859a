package quality

import (
	"github.com/winnow-stream/winnow/classify/eval"
	"github.com/winnow-stream/winnow/pipeline"
)

// New makes a report of a tally whose Gold is set.
func New(t *pipeline.Tally) *eval.Quality {
	n := len(t.Labels)
	names := make([]string, n)
	for i, l := range t.Labels {
		names[i] = l.Name
	}
	label := func(i int) int32 {
		if i == n {
			return eval.None
		}
		return int32(i)
	}
	var m eval.Matrix
	for i, rows := range t.Gold.Confusion {
		if rows > 0 {
			m.Add(label(i/(n+1)), label(i%(n+1)), rows)
		}
	}
	bins := make([]eval.BinCount, len(t.Gold.Calibration))
	for i, b := range t.Gold.Calibration {
		bins[i] = eval.BinCount{Rows: b.Count, Right: b.Correct, Sum: b.ConfidenceSum}
	}
	return eval.NewQuality(names, &m, bins)
}
