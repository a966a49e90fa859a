package term

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/report"
)

// shownShares is in how many parts the curve of a cascade is shown.
const shownShares = 10

// chosen draws what a cascade would do, by the confidence below which texts go on.
func chosen(b *strings.Builder, c *report.Cascade, s Style) {
	b.WriteString(s.paint(bold, clean(fmt.Sprintf("cascade: %s, then %s", c.Stages[0], c.Stages[1]))) + "\n")
	table := &labelRows{Table{Head: []string{"goes on", "below", "accuracy", "loss", ""}, Align: []Align{Right, Right, Right, Right, Left}}}
	next := 0.0
	for i, p := range c.Curve {
		if p.Share < next && i < len(c.Curve)-1 {
			continue
		}
		next = p.Share + 1.0/shownShares
		table.Row(percent(p.Share, 1), decimal(p.Confidence, 4), percent(p.Accuracy, 1), points(p.Loss), bar(p.Share, 20))
	}
	table.write(b, s)
	choice(b, c, s)
	for _, l := range c.Learnt {
		b.WriteString(s.paint(red, clean(fmt.Sprintf("%s learnt from %s: it answers better there than elsewhere, and the confidence does not hold elsewhere", l.Classifier, l.File))) + "\n")
	}
	b.WriteByte('\n')
}

func choice(b *strings.Builder, c *report.Cascade, s Style) {
	ch := c.Choice
	if ch == nil {
		b.WriteString(s.paint(yellow, "no confidence keeps the loss within the wanted one: the first is certain of what it has wrong") + "\n")
		return
	}
	b.WriteString(s.paint(bold, fmt.Sprintf("%s go on for a loss of at most %s", percent(ch.Share, 1), wanted(ch.Wanted))) + "\n")
	fmt.Fprintf(b, "out of fold %s go on, for %s points\n", percent(ch.HeldShare, 1), points(ch.HeldLoss))
	fmt.Fprintf(b, "use %s\n", clean(c.Flag()))
}

// wanted writes a loss that is asked for.
func wanted(loss float64) string {
	text := strconv.FormatFloat(100*loss, 'g', 4, 64)
	if text == "1" {
		return "1 point"
	}
	return text + " points"
}
