package term

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/pipeline"
)

// maxSplits is how many of a stream's splits a status lists: those that lag most.
const maxSplits = 20

// writeStream draws what a stream's status says beyond a run's.
func writeStream(b *strings.Builder, st *pipeline.Status, now time.Time, s Style) error {
	facts := []string{fmt.Sprintf("lag %s in %s", lagOf(st), Plural(int64(len(st.Splits)), "split"))}
	if !st.LastCommit.IsZero() {
		facts = append(facts, fmt.Sprintf("last commit %s ago, in %s", ago(now, st.LastCommit), Duration(st.CommitTime)))
	}
	facts = append(facts, Plural(st.Commits, "epoch"))
	if st.Aborted > 0 {
		facts = append(facts, Count(st.Aborted)+" aborted")
	}
	if st.Rejoins > 0 {
		facts = append(facts, "joined again "+Plural(st.Rejoins, "time"))
	}
	b.WriteString("  " + clip(strings.Join(facts, " · "), s.columns()-2) + "\n")
	if !st.StalledSince.IsZero() {
		b.WriteString("  " + s.paint(red, clip("stalled for "+ago(now, st.StalledSince)+": "+clean(strings.Join(st.Stalled, ", ")), s.columns()-2)) + "\n")
	}
	if d := st.Drift; d != nil {
		b.WriteString("  " + s.paint(driftColor(d.PSI), clip(driftWords(d), s.columns()-2)) + "\n")
	}
	if l := reloadWords(st, now); l != "" {
		b.WriteString("  " + l + "\n")
	}
	return writeSplits(b, st, now, s)
}

// lagOf is how many records streams' processes have before them; a dash where no split knows.
func lagOf(all ...*pipeline.Status) string {
	var n int64
	known, splits := false, 0
	for _, st := range all {
		for _, split := range st.Splits {
			n, known, splits = n+split.Lag, known || split.Counted, splits+1
		}
	}
	if splits > 0 && !known {
		return "–"
	}
	return Count(n)
}

func ago(now, then time.Time) string {
	return Duration(max(now.Sub(then), 0).Round(100 * time.Millisecond))
}

// Thresholds of the population stability index (see pipeline.Drift).
const (
	driftSome = 0.1
	driftMuch = 0.25
)

func driftColor(psi float64) string {
	switch {
	case psi >= driftMuch:
		return red
	case psi >= driftSome:
		return yellow
	default:
		return dim
	}
}

func driftWords(d *pipeline.Drift) string {
	words := "labels as in the beginning"
	if d.PSI >= driftSome {
		words = fmt.Sprintf("labels drift, most of all %s: %s → %s", clip(clean(d.Label), 24), percent(d.Was, 1), percent(d.Is, 1))
	}
	return fmt.Sprintf("%s (index %s over %s)", words, decimal(d.PSI, 3), Plural(d.Window, "record"))
}

func reloadWords(st *pipeline.Status, now time.Time) string {
	switch r := st.Reloads; {
	case r.Last.IsZero():
		return ""
	case r.Error != "":
		return fmt.Sprintf("generation %d; the reload %s ago was refused: %s", st.Generation, ago(now, r.Last), clean(r.Error))
	default:
		return fmt.Sprintf("generation %d, reloaded %s ago", st.Generation, ago(now, r.Last))
	}
}

// writeSplits draws a table of the splits that lag most.
func writeSplits(b *strings.Builder, st *pipeline.Status, now time.Time, s Style) error {
	splits := slices.Clone(st.Splits)
	slices.SortFunc(splits, func(x, y pipeline.SplitStatus) int {
		return cmp.Or(cmp.Compare(y.Lag, x.Lag), strings.Compare(x.ID, y.ID))
	})
	left := max(len(splits)-maxSplits, 0)
	t := Table{Head: []string{"  split", "next", "lag", "rate", "behind"}, Align: []Align{Left, Right, Right, Right, Right}}
	for _, split := range splits[:len(splits)-left] {
		next, lag, behind := "–", "–", "–"
		if split.Next >= 0 {
			next = Count(split.Next)
		}
		if split.Counted {
			lag = Count(split.Lag)
		}
		if split.Counted && !split.Watermark.IsZero() {
			behind = "0 s"
			if split.Lag > 0 {
				behind = ago(now, split.Watermark)
			}
		}
		t.Row("  "+split.ID, next, lag, Rate(split.Rate), behind)
	}
	if len(splits) == 0 {
		return nil
	}
	if err := t.Write(b, s); err != nil {
		return err
	}
	if left > 0 {
		fmt.Fprintf(b, "  … and %d more\n", left)
	}
	return nil
}
