package pipeline

import (
	"math"
	"slices"
	"time"
)

const (
	driftAge   = 15 * time.Minute // records older than this leave the window
	driftSlots = 100              // about how many parts the window is kept in
	driftLeast = 10               // from the tenth part of a window on it is judged: fewer records say little
)

// Drift compares the labels of a stream's last records with those of its first ones.
//
// PSI is the population stability index, the sum over all labels (null is one of them) of (p - q) ln(p / q), where p is
// a label's share in the window and q in the reference: the symmetric form of the Kullback-Leibler divergence (Kullback,
// Leibler: On Information and Sufficiency, 1951), named and given its thresholds in credit scoring (Siddiqi: Credit Risk
// Scorecards, 2006): below 0.1 nothing has moved, from 0.25 on much has. Shares are taken after adding half a record to
// each label, so that a label which does not occur gives a large number and no infinite one.
type Drift struct {
	PSI       float64 `json:"psi"`
	Window    int64   `json:"window"`    // records that were looked at: the last ones, of the last 15 minutes
	Reference int64   `json:"reference"` // records that they are compared with: the first since the start, or since the labels changed
	// Label is the one that moved most, with its share then and now.
	Label string  `json:"label"`
	Was   float64 `json:"was"`
	Is    float64 `json:"is"`
}

// drift gathers what Drift compares. Records of an aborted epoch count twice: it is a statistic. Only the writer uses it.
type drift struct {
	window    int64 // records
	labels    []string
	reference driftSlot
	slots     []driftSlot // the oldest first; they begin after the reference is full
	now       driftSlot   // the sum of slots
}

// driftSlot counts labels in their order, and null behind them.
type driftSlot struct {
	began  time.Time
	rows   int64
	counts []int64
}

func (s *driftSlot) add(o *driftSlot, sign int64) {
	s.rows += sign * o.rows
	for i, n := range o.counts {
		s.counts[i] += sign * n
	}
}

// add enters a batch's labels.
func (d *drift) add(now time.Time, t *Tally) {
	if !slices.EqualFunc(t.Labels, d.labels, func(l LabelTally, name string) bool { return l.Name == name }) {
		d.begin(t.Labels)
	}
	batch := driftSlot{rows: t.Null, counts: make([]int64, len(d.labels)+1)}
	for i, l := range t.Labels {
		batch.counts[i] = l.Count
	}
	batch.counts[len(d.labels)] = t.Null
	for _, n := range t.Histogram {
		batch.rows += n
	}
	if d.reference.rows < d.window {
		d.reference.add(&batch, 1)
		return
	}
	d.now.add(&batch, 1)
	if n := len(d.slots); n > 0 && d.slots[n-1].rows < d.window/driftSlots && now.Sub(d.slots[n-1].began) < driftAge/driftSlots {
		d.slots[n-1].add(&batch, 1)
	} else {
		batch.began = now
		d.slots = append(d.slots, batch)
	}
	d.trim(now)
}

// begin starts a reference for another set of labels.
func (d *drift) begin(labels []LabelTally) {
	d.labels, d.slots = make([]string, len(labels)), nil
	for i, l := range labels {
		d.labels[i] = l.Name
	}
	d.reference = driftSlot{counts: make([]int64, len(labels)+1)}
	d.now = driftSlot{counts: make([]int64, len(labels)+1)}
}

func (d *drift) trim(now time.Time) {
	for len(d.slots) > 0 && (d.now.rows-d.slots[0].rows >= d.window || now.Sub(d.slots[0].began) > driftAge) {
		d.now.add(&d.slots[0], -1)
		d.slots = d.slots[1:]
	}
}

// value is nil until there is enough to compare.
func (d *drift) value(now time.Time) *Drift {
	d.trim(now)
	if d.now.rows == 0 || d.now.rows < d.window/driftLeast || d.reference.rows < d.window {
		return nil
	}
	v := &Drift{Window: d.now.rows, Reference: d.reference.rows}
	p, q := shares(d.now.counts), shares(d.reference.counts)
	var most float64
	for i := range p {
		moved := (p[i] - q[i]) * math.Log(p[i]/q[i])
		v.PSI += moved
		if moved > most {
			most, v.Was, v.Is, v.Label = moved, q[i], p[i], "null"
			if i < len(d.labels) {
				v.Label = d.labels[i]
			}
		}
	}
	return v
}

func shares(counts []int64) []float64 {
	s, total := make([]float64, len(counts)), 0.0
	for i, n := range counts {
		s[i] = float64(n) + 0.5
		total += s[i]
	}
	for i := range s {
		s[i] /= total
	}
	return s
}
