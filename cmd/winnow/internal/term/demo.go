package term

import (
	"fmt"
	"strings"

	"github.com/winnow-stream/winnow/pipeline"
)

// Labelled is a labelled record to show.
type Labelled struct {
	Label      string  `json:"label"`
	Confidence float64 `json:"confidence"`
	Text       string  `json:"text"`
}

// Demo draws a stream's state as the lines that a terminal shows while it runs: throughput, lag, the labels' shares as
// bars, and the latest labelled records.
func Demo(st *pipeline.Status, latest []Labelled, s Style) []string {
	lines := []string{clip(DemoLine(st), s.columns()), ""}
	var total, wide int64
	for _, l := range st.Tally.Labels {
		total += l.Count
		wide = max(wide, int64(cells(l.Name)))
	}
	name := min(int(wide), 20)
	room := min(max(s.columns()-name-20, 4), 50)
	for _, l := range st.Tally.Labels {
		share := 0.0
		if total > 0 {
			share = float64(l.Count) / float64(total)
		}
		lines = append(lines, fmt.Sprintf("%s %s %s %s", padRight(clip(l.Name, name), name), padLeft(percent(float64(l.Count), float64(total)), 6),
			padLeft(Count(l.Count), 9), s.paint(cyan, bar(share, room))))
	}
	if len(latest) > 0 {
		lines = append(lines, "")
	}
	for _, r := range latest {
		head := fmt.Sprintf("%s %.2f  ", padRight(clip(r.Label, name), name), r.Confidence)
		lines = append(lines, s.paint(bold, head)+clip(r.Text, max(s.columns()-cells(head), 8)))
	}
	if st.Phase == pipeline.Retrying {
		lines = append(lines, s.paint(yellow, clip("waiting to try again: "+st.LastError, s.columns())))
	}
	return lines
}

// DemoLine is a stream's state in one line.
func DemoLine(st *pipeline.Status) string {
	facts := []string{string(st.Phase), Plural(st.Counts.Read, "record"), Rate(st.Rate), "lag " + lagOf(st)}
	if st.Counts.Dead > 0 {
		facts = append(facts, Count(st.Counts.Dead)+" rejected")
	}
	if st.CommitTime > 0 {
		facts = append(facts, "commit "+Duration(st.CommitTime))
	}
	return strings.Join(facts, " · ")
}
