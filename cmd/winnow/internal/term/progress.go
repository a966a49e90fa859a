package term

import (
	"fmt"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/pipeline"
)

// Progress draws a pipeline's state as the lines that a terminal shows while it runs: a bar with rate, time left and
// failures, and the most frequent labels.
func Progress(st *pipeline.Status, s Style) []string {
	lines := []string{progressLine(st, s)}
	if l := labelLine(&st.Tally, s); l != "" {
		lines = append(lines, l)
	}
	if st.Phase == pipeline.Retrying {
		lines = append(lines, s.paint(yellow, clip("waiting to try again: "+st.LastError, s.columns())))
	}
	return lines
}

func progressLine(st *pipeline.Status, s Style) string {
	var facts []string
	if st.Size > 0 {
		facts = append(facts, percentDone(st))
	}
	facts = append(facts, Plural(st.Counts.Read, "record"), Rate(st.Rate))
	if st.ETA > 0 {
		facts = append(facts, Duration(max(st.ETA.Round(time.Second), time.Second))+" left")
	}
	if st.Counts.Dead > 0 {
		facts = append(facts, Count(st.Counts.Dead)+" rejected")
	}
	tail := strings.Join(facts, " · ")
	phase := padRight(string(st.Phase), 9)
	room := s.columns() - cells(phase) - cells(tail) - 2
	if st.Size <= 0 || room < 6 {
		return s.paint(bold, phase) + " " + clip(tail, s.columns()-cells(phase)-1)
	}
	g := gauge(float64(st.Done)/float64(st.Size), min(room, 40))
	return s.paint(bold, phase) + " " + s.paint(cyan, g) + " " + tail
}

// percentDone never says 100 before everything is done.
func percentDone(st *pipeline.Status) string {
	return fmt.Sprintf("%d%%", min(st.Done*100/st.Size, 100))
}

func labelLine(t *pipeline.Tally, s Style) string {
	var total int64
	for _, l := range t.Labels {
		total += l.Count
	}
	if total == 0 {
		return ""
	}
	var b strings.Builder
	used := 0
	for _, i := range byCount(t.Labels) {
		l := t.Labels[i]
		if l.Count == 0 {
			break
		}
		part := clip(l.Name, 24) + " " + percent(float64(l.Count), float64(total))
		if used > 0 {
			part = gutter + part
		}
		if used += cells(part); used > s.columns() {
			break
		}
		b.WriteString(part)
	}
	return s.paint(dim, b.String())
}
