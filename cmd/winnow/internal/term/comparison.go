package term

import (
	"fmt"
	"math"
	"strings"

	"github.com/winnow-stream/winnow/classify/eval"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/report"
)

// comparison draws whether the second of two reports is better by more than chance.
func comparison(b *strings.Builder, p *report.Page, s Style) {
	c, first, second := p.Comparison, p.First, p.Second
	table := &labelRows{Table{Head: []string{"", "accuracy", "macro-F1", "ECE", "AURC"}, Align: []Align{Left, Right, Right, Right, Right}}}
	for i, m := range []*report.Measured{first, second} {
		table.Row(fmt.Sprintf("%d  %s", i+1, m.Name), percent(float64(m.Accuracy), 1), decimal(float64(m.MacroF1), 3),
			decimal(float64(m.ECE), 3), decimal(float64(m.AURC), 3))
	}
	table.write(b, s)
	what := "accuracy"
	if first.Multi != nil {
		what = "exact match"
	}
	b.WriteString("\n" + s.paint(bold, c.Verdict()) + "\n")
	fmt.Fprintf(b, "%s %s points, 95 %% interval %s to %s, over %s\n", what, points(float64(c.Difference)),
		points(float64(c.Interval[0])), points(float64(c.Interval[1])), Plural(c.Rows(), "record"))
	fmt.Fprintf(b, "only the first is right %s, only the second %s; McNemar (%s) p %s\n",
		times(c.First), times(c.Second), c.McNemar.Method, pValue(c.McNemar.P))
	if c.Unpaired > 0 {
		b.WriteString(s.paint(dim, fmt.Sprintf("note: %s answered by one of the two only, not compared", Plural(c.Unpaired, "record"))) + "\n")
	}
	b.WriteByte('\n')
}

// points writes a difference of shares in percentage points.
func points(d float64) string {
	if math.IsNaN(d) {
		return "–"
	}
	if math.Abs(d) < 5e-5 {
		return "0.0"
	}
	return fmt.Sprintf("%+.1f", 100*d)
}

func times(n int64) string { return Plural(n, "time") }

func pValue(p eval.Score) string {
	if p < 1e-4 {
		return "< 0.0001"
	}
	return "= " + decimal(float64(p), 4)
}
