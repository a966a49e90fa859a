package term

import (
	"strings"
	"time"
)

// JobProgress is how far a job on a server is.
type JobProgress struct {
	State       string
	Done, Total int64 // records; Total 0: not counted yet
	Failed      int64
	Rate        float64 // records a second, as it was seen; 0: not seen yet
}

// Left is about how long the job goes on; 0 where that is not known.
func (p *JobProgress) Left() time.Duration {
	if p.Rate <= 0 || p.Total <= p.Done {
		return 0
	}
	return time.Duration(float64(p.Total-p.Done) / p.Rate * float64(time.Second))
}

// JobLine draws a job's progress: a bar with rate, time left and failures.
func JobLine(p *JobProgress, s Style) string {
	var facts []string
	share := 0.0
	if p.Total > 0 {
		share = float64(p.Done) / float64(p.Total)
		facts = append(facts, percent(float64(p.Done), float64(p.Total)))
	}
	facts = append(facts, Plural(p.Done, "record"))
	if p.Rate > 0 {
		facts = append(facts, Rate(p.Rate))
	}
	if left := p.Left(); left > 0 {
		facts = append(facts, Duration(max(left.Round(time.Second), time.Second))+" left")
	}
	if p.Failed > 0 {
		facts = append(facts, Count(p.Failed)+" failed")
	}
	tail := strings.Join(facts, " · ")
	state := padRight(p.State, 10)
	room := s.columns() - cells(state) - cells(tail) - 2
	if p.Total <= 0 || room < 6 {
		return s.paint(bold, state) + " " + clip(tail, s.columns()-cells(state)-1)
	}
	return s.paint(bold, state) + " " + s.paint(cyan, gauge(share, min(room, 40))) + " " + tail
}
