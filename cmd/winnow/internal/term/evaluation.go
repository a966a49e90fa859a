package term

import (
	"fmt"
	"io"
	"strings"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/quality"
)

// shownConfusions is how many pairs of confused labels a report names.
const shownConfusions = 10

// WriteEvaluation draws the report of winnow eval.
func WriteEvaluation(w io.Writer, q *quality.Report, s Style) error {
	b := new(strings.Builder)
	b.WriteString(QualityLine(q, s) + "\n\n")
	table := &labelRows{Table{
		Head:  []string{"label", "gold", "answers", "precision", "recall", "F1", ""},
		Align: []Align{Left, Right, Right, Right, Right, Right, Left},
	}}
	for _, l := range q.Labels {
		table.Row(l.Name, Count(l.Gold), Count(l.Predicted), decimal(float64(l.Precision), 3),
			decimal(float64(l.Recall), 3), decimal(float64(l.F1), 3), bar(float64(l.F1), 15))
	}
	if q.Outside > 0 {
		table.Dim("(outside of the set)", Count(q.Outside))
	}
	if q.Null > 0 {
		table.Dim("(no label)", "", Count(q.Null))
	}
	table.write(b, s)
	reliability(b, q, s)
	confusions(b, q, s)
	_, err := io.WriteString(w, b.String())
	return err
}

// reliability plots the accuracy of each bin of confidence beside the accuracy that the confidence promises.
func reliability(b *strings.Builder, q *quality.Report, s Style) {
	const columns = 30
	var rows [][]string
	for _, bin := range q.Calibration {
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
	b.WriteString("\nreliability: │ marks the accuracy that the confidence promises\n")
	table := &labelRows{Table{
		Head:  []string{"confidence", "records", "mean", "accuracy", ""},
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

func confusions(b *strings.Builder, q *quality.Report, s Style) {
	if len(q.Confusions) == 0 {
		return
	}
	b.WriteString("\nmost frequent confusions\n")
	table := &labelRows{Table{Head: []string{"gold", "taken for", "records"}, Align: []Align{Left, Left, Right}}}
	for _, c := range q.Confusions[:min(len(q.Confusions), shownConfusions)] {
		table.Row(orElse(c.Gold, "(outside of the set)"), orElse(c.Predicted, "(no label)"), Count(c.Count))
	}
	table.write(b, s)
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
