package term

import (
	"fmt"
	"strings"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/report"
)

// reliability plots the accuracy of each bin of confidence beside the accuracy that the confidence promises.
func reliability(b *strings.Builder, m *report.Measured, s Style) {
	const columns = 30
	var rows [][]string
	for _, bin := range m.Calibration {
		if bin.Count == 0 {
			continue
		}
		rows = append(rows, []string{
			fmt.Sprintf("%.2f–%.2f", bin.From, bin.To), Count(bin.Count), decimal(float64(bin.Confidence), 3),
			decimal(float64(bin.Accuracy), 3), reliabilityBar(float64(bin.Accuracy), float64(bin.Confidence), columns),
		})
	}
	if len(rows) == 0 {
		return
	}
	unit := "records"
	if m.Multi != nil {
		unit = "pairs"
	}
	b.WriteString("\nreliability: │ marks the accuracy that the confidence promises\n")
	table := &labelRows{Table{
		Head:  []string{"confidence", unit, "mean", "accuracy", ""},
		Align: []Align{Left, Right, Right, Right, Left},
	}}
	for _, r := range rows {
		table.Row(r...)
	}
	table.write(b, s)
}

func reliabilityBar(accuracy, confidence float64, columns int) string {
	line := []rune(padRight(strings.Repeat("█", int(accuracy*float64(columns)+0.5)), columns+1))
	line[min(int(confidence*float64(columns)+0.5), columns)] = '│'
	return string(line)
}

// coverage plots how accurate answers are when the least confident ones are withheld, in steps of a tenth.
func coverage(b *strings.Builder, m *report.Measured, s Style) {
	if len(m.Curve) == 0 {
		return
	}
	b.WriteString("\ncoverage: the most confident answers alone\n")
	table := &labelRows{Table{
		Head:  []string{"confidence", "answered", "accuracy", ""},
		Align: []Align{Right, Right, Right, Left},
	}}
	step := 1
	for i, p := range m.Curve {
		last := i == len(m.Curve)-1
		if 10*float64(p.Coverage) < float64(step) && !last {
			continue
		}
		step = int(10*float64(p.Coverage)) + 1
		table.Row(decimal(p.Confidence, 2), percent(float64(p.Coverage), 1), percent(float64(p.Accuracy), 1), bar(float64(p.Accuracy), 30))
	}
	table.write(b, s)
}

// thresholds says what a wanted precision costs.
func thresholds(b *strings.Builder, m *report.Measured, s Style) {
	if len(m.Thresholds) == 0 || m.WithoutConfidence {
		return
	}
	b.WriteByte('\n')
	answers := "records"
	if m.Multi != nil {
		answers = "labels of records"
	}
	for _, t := range m.Thresholds {
		wanted := s.paint(bold, fmt.Sprintf("precision %v", t.Wanted))
		if !t.Confidence.Known() {
			fmt.Fprintf(b, "%s: no threshold reaches it\n", wanted)
			continue
		}
		fmt.Fprintf(b, "%s: answer from confidence %s on; that keeps %s of the %s\n", wanted,
			s.paint(bold, decimal(float64(t.Confidence), 4)), percent(float64(t.Coverage), 1), answers)
		fmt.Fprintf(b, "  measured %s (%s) on %s\n", percent(float64(t.Precision), 1), interval(t.Interval), Plural(t.Rows, "answer"))
	}
	b.WriteString(s.paint(dim, fmt.Sprintf("the column \"for %v\" says the same of each label: confidence, and share of its answers", m.Thresholds[0].Wanted)) + "\n")
}

// outOfScope says how well confidence tells records that no label fits.
func outOfScope(b *strings.Builder, m *report.Measured, s Style) {
	o := m.OutOfScope
	if o == nil {
		return
	}
	fmt.Fprintf(b, "\nout of scope: %s without a gold label, %s answered all the same", Plural(o.Rows, "record"), Count(o.Answered))
	if o.AUROC.Known() {
		b.WriteString("; " + s.paint(bold, "AUROC "+decimal(float64(o.AUROC), 3)))
	}
	b.WriteByte('\n')
}
