package term

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"

	"github.com/winnow-stream/winnow/classify/eval"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/report"
)

// How much of what could be long a report shows; files have all of it.
const (
	shownConfusions = 10
	shownUnknown    = 10
	shownWrong      = 5
)

// WriteEvaluation draws the report of winnow eval.
func WriteEvaluation(w io.Writer, p *report.Page, s Style) error {
	b := new(strings.Builder)
	if p.Cascade != nil {
		chosen(b, p.Cascade, s)
	}
	if p.Comparison != nil {
		comparison(b, p, s)
		b.WriteString(s.paint(bold, clean(p.First.Name)) + "\n")
	}
	measured(b, p.First, s)
	if p.Second != nil {
		b.WriteString("\n" + s.paint(bold, clean(p.Second.Name)) + "\n")
		measured(b, p.Second, s)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// measured draws one report.
func measured(b *strings.Builder, m *report.Measured, s Style) {
	b.WriteString(QualityLine(&m.Quality, s) + "\n")
	b.WriteString(averages(m) + "\n\n")
	labelScores(b, m, s)
	nulls(b, m, s)
	reliability(b, m, s)
	coverage(b, m, s)
	thresholds(b, m, s)
	outOfScope(b, m, s)
	confusions(b, m, s)
	unknownGold(b, m, s)
	wrong(b, m, s)
	notes(b, m, s)
}

// averages are the scores that the first line has no room for.
func averages(m *report.Measured) string {
	parts := []string{"95 % interval " + interval(m.AccuracyInterval)}
	if x := m.Multi; x != nil {
		parts[0] = fmt.Sprintf("exact match %s (%s)", percent(float64(x.ExactMatch), 1), interval(x.ExactMatchInterval))
		parts = append(parts, "samples-F1 "+decimal(float64(x.SamplesF1), 3))
	}
	parts = append(parts, "micro-F1 "+decimal(float64(m.MicroF1), 3), "weighted-F1 "+decimal(float64(m.WeightedF1), 3))
	if m.AURC.Known() {
		parts = append(parts, "AURC "+decimal(float64(m.AURC), 3))
	}
	for _, k := range m.TopK {
		if k.K > 1 {
			parts = append(parts, fmt.Sprintf("top-%d %s", k.K, percent(float64(k.Accuracy), 1)))
		}
	}
	return strings.Join(parts, "  ")
}

// interval writes an interval of shares.
func interval(i eval.Interval) string {
	if math.IsNaN(float64(i[0])) {
		return "–"
	}
	return fmt.Sprintf("%.1f–%.1f%%", 100*i[0], 100*i[1])
}

func labelScores(b *strings.Builder, m *report.Measured, s Style) {
	head := []string{"label", "gold", "answers", "precision", "recall", "F1", ""}
	align := []Align{Left, Right, Right, Right, Right, Right, Left}
	if len(m.Thresholds) > 0 && !m.WithoutConfidence {
		head[len(head)-1] = fmt.Sprintf("for %v", m.Thresholds[0].Wanted)
	}
	table := &labelRows{Table{Head: head, Align: align}}
	for i := range m.Labels {
		l := &m.Labels[i]
		last := bar(float64(l.F1), 15)
		if len(l.Thresholds) > 0 && !m.WithoutConfidence {
			last = from(&l.Thresholds[0])
		}
		table.Row(l.Name, Count(l.Gold), Count(l.Predicted), decimal(float64(l.Precision), 3),
			decimal(float64(l.Recall), 3), decimal(float64(l.F1), 3), last)
	}
	if m.Outside > 0 {
		table.Dim("(outside of the set)", Count(m.Outside))
	}
	if m.Null > 0 {
		table.Dim("(no label)", "", Count(m.Null))
	}
	table.write(b, s)
}

// from is a threshold in a table: the confidence, and the share of answers that is kept.
func from(t *eval.Threshold) string {
	if !t.Confidence.Known() {
		return "–"
	}
	return fmt.Sprintf("%.2f (%.0f%%)", float64(t.Confidence), 100*float64(t.Coverage))
}

// nulls says why records have no label.
func nulls(b *strings.Builder, m *report.Measured, s Style) {
	if reasons := reasons(m.NullReasons); reasons != "" {
		b.WriteString(s.paint(dim, "no label: "+reasons) + "\n")
	}
}

func confusions(b *strings.Builder, m *report.Measured, s Style) {
	if len(m.Confusions) == 0 {
		return
	}
	b.WriteString("\nmost frequent confusions\n")
	none := "(outside of the set)"
	if m.Multi != nil {
		none = "(no label missed)"
	}
	table := &labelRows{Table{Head: []string{"gold", "taken for", "records"}, Align: []Align{Left, Left, Right}}}
	for _, c := range m.Confusions[:min(len(m.Confusions), shownConfusions)] {
		table.Row(orElse(c.Gold, none), orElse(c.Predicted, "(no label)"), Count(c.Count))
	}
	table.write(b, s)
}

func unknownGold(b *strings.Builder, m *report.Measured, s Style) {
	if len(m.UnknownGold) == 0 {
		return
	}
	b.WriteString("\ngold labels outside of the set\n")
	table := &labelRows{Table{Head: []string{"gold", "records"}, Align: []Align{Left, Right}}}
	for _, u := range m.UnknownGold[:min(len(m.UnknownGold), shownUnknown)] {
		table.Row(u.Label, Count(u.Rows))
	}
	if more := len(m.UnknownGold) - shownUnknown; more > 0 {
		table.Dim(fmt.Sprintf("(%d more)", more))
	}
	table.write(b, s)
}

func wrong(b *strings.Builder, m *report.Measured, s Style) {
	if len(m.Wrong) == 0 {
		return
	}
	if m.WithoutConfidence {
		b.WriteString("\nwrong: is the gold label right?\n")
	} else {
		b.WriteString("\nwrong with the highest confidence: is the gold label right?\n")
	}
	for _, w := range m.Wrong[:min(len(m.Wrong), shownWrong)] {
		head := fmt.Sprintf("%s  %s, not %s", decimal(float64(w.Confidence), 2), w.Label, strings.Join(w.Gold, ", "))
		b.WriteString(clip(head, s.columns()) + "\n")
		tail := fmt.Sprintf("%s:%d  %s", filepath.Base(w.File), w.Row, w.Text)
		b.WriteString("      " + s.paint(dim, clip(tail, s.columns()-6)) + "\n")
	}
}

func notes(b *strings.Builder, m *report.Measured, s Style) {
	if m.Rejected > 0 {
		b.WriteString(s.paint(dim, fmt.Sprintf("note: %s rejected, counted nowhere above", Plural(m.Rejected, "record"))) + "\n")
	}
	if m.WithoutConfidence {
		b.WriteString(s.paint(dim, "note: without a column of confidences (--confidence) there is no calibration and no threshold") + "\n")
	}
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
