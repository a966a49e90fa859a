package pipeline

import "github.com/winnow-stream/winnow/pipeline/fault"

const (
	breakerFirst     = 1_000  // outcomes before it is judged at all
	breakerFirstRate = 0.5    // share of rejected records that the first judgement allows
	breakerWindow    = 10_000 // outcomes that later judgements look back on
)

// breaker stops a pipeline when too many records are rejected: that is a wrong spec, not bad records (P9). Only the
// writer uses it.
type breaker struct {
	rate   float64 // 1: off
	seen   int64
	dead   int64
	window []outcome
	rows   int64 // in window
	bad    int64 // in window
}

type outcome struct{ rows, dead int64 }

// record enters a batch's outcomes and reports an error when the breaker opens. It names a record that was rejected.
func (b *breaker) record(c Counts, one *fault.Error) error {
	if b.rate >= 1 || c.Read == 0 {
		return nil
	}
	b.seen += c.Read
	b.dead += c.Dead
	b.window = append(b.window, outcome{c.Read, c.Dead})
	b.rows += c.Read
	b.bad += c.Dead
	for b.rows-b.window[0].rows >= breakerWindow {
		b.rows -= b.window[0].rows
		b.bad -= b.window[0].dead
		b.window = b.window[1:]
	}
	switch {
	case b.seen < breakerFirst:
		return nil
	case b.rows < breakerWindow && float64(b.dead) > breakerFirstRate*float64(b.seen):
		return fault.New(fault.RunErrorRate, "%d of the first %d records were rejected%s", b.dead, b.seen, forOne(one))
	case b.rows >= breakerWindow && float64(b.bad) > b.rate*float64(b.rows):
		return fault.New(fault.RunErrorRate, "%d of the last %d records were rejected (max_error_rate %g)%s", b.bad, b.rows, b.rate, forOne(one))
	}
	return nil
}

// forOne is the end of a sentence about records that were rejected, which names one's reason, and not its place; empty where none is
// known.
func forOne(one *fault.Error) string {
	if one == nil {
		return ""
	}
	return ", one of them for " + one.Code.ID + ": " + one.What
}
