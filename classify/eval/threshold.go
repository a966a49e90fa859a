package eval

import "math"

// Threshold is the lowest confidence at and above which answers are as precise as wanted, and what that costs. It is
// chosen on the rows that it is measured on, so on few rows it is too good to be true: the interval says how few.
type Threshold struct {
	Wanted     float64  `json:"wanted"`     // precision
	Confidence Score    `json:"confidence"` // unknown where no threshold is precise enough
	Rows       int64    `json:"rows"`       // answers at or above it
	Precision  Score    `json:"precision"`
	Interval   Interval `json:"precision_interval"` // Wilson's
	// Coverage is the share of rows that still get an answer (of a label in single mode: of the rows that get it).
	Coverage Score `json:"coverage"`
	// Recall is the share of gold labels that are still found.
	Recall Score `json:"recall"`
}

// threshold finds it among the answers of a histogram, which are given to rows and should find gold labels.
func (h *histogram) threshold(wanted float64, rows, gold int64) Threshold {
	t := Threshold{Wanted: wanted, Confidence: Score(math.NaN()), Precision: Score(math.NaN()), Interval: Wilson(0, 0)}
	var sum, kept tally
	h.down(func(u unit, at tally) {
		sum.rows += at.rows
		sum.right += at.right
		if float64(sum.right)/float64(sum.rows) >= wanted {
			t.Confidence, kept = Score(u)/Score(one), sum
		}
	})
	t.Rows, t.Coverage, t.Recall = kept.rows, ratio(kept.rows, rows), ratio(kept.right, gold)
	if kept.rows > 0 {
		t.Precision, t.Interval = ratio(kept.right, kept.rows), Wilson(kept.right, kept.rows)
	}
	return t
}

// Best is the threshold that gives a label its highest F1 in multi mode.
type Best struct {
	Confidence Score `json:"confidence"`
	F1         Score `json:"f1"`
}

// best finds it; nil where the label is never right. Of equal ones the highest confidence wins.
func (h *histogram) best(gold int64) *Best {
	var found *Best
	var sum tally
	h.down(func(u unit, at tally) {
		sum.rows += at.rows
		sum.right += at.right
		f1 := ratio(2*sum.right, sum.rows+gold)
		if sum.right > 0 && (found == nil || f1 > found.F1) {
			found = &Best{Score(u) / Score(one), f1}
		}
	})
	return found
}
