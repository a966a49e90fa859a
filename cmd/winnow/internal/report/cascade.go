package report

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/winnow-stream/winnow/classify/cascade"
	"github.com/winnow-stream/winnow/classify/eval"
)

// Cascade is what is known of a cascade of the two classifiers that were measured.
type Cascade struct {
	Stages     [2]string     // as they are referred to
	Accuracies [2]eval.Score // of each alone
	Curve      []cascade.Point
	Choice     *cascade.Choice // nil: no confidence keeps the loss within the wanted one
	Learnt     []Learnt
}

// Learnt is a file that a classifier learnt from, so that it tells little about other texts.
type Learnt struct {
	Classifier string `json:"classifier"`
	File       string `json:"file"`
}

// MarshalJSON adds what is to be written into a spec.
func (c *Cascade) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Stages     [2]string       `json:"stages"`
		Accuracies [2]eval.Score   `json:"accuracies"`
		Choice     *cascade.Choice `json:"choice"` // null: no confidence keeps the loss within the wanted one
		Flag       string          `json:"flag,omitempty"`
		Curve      []cascade.Point `json:"curve"`
		Learnt     []Learnt        `json:"learnt_from,omitempty"`
	}{c.Stages, c.Accuracies, c.Choice, c.Flag(), c.Curve, c.Learnt})
}

// Flag is the chosen cascade as a command line has it; empty where nothing was chosen.
func (c *Cascade) Flag() string {
	if c.Choice == nil {
		return ""
	}
	return fmt.Sprintf("--cascade %s:%s,%s", c.Stages[0], confidence(c.Choice.Confidence), c.Stages[1])
}

func confidence(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// Thinned keeps of a curve the points that tell it: of each per cent of texts that go on the first, and the last one.
func Thinned(points []cascade.Point) []cascade.Point {
	var out []cascade.Point
	next := 0.0
	for i, p := range points {
		if p.Share >= next || i == len(points)-1 {
			out = append(out, p)
			next = p.Share + 0.01
		}
	}
	return out
}

// cascade draws the accuracy of the cascade over the share of texts that go on.
func (p *page) cascade(c *Cascade) {
	p.put("<article aria-labelledby=\"cascade\">\n<h2 id=\"cascade\">Cascade: %s, then %s</h2>\n", c.Stages[0], c.Stages[1])
	if ch := c.Choice; ch != nil {
		p.put("<p>For a loss of at most %s points <strong>%s go on</strong>: those whose confidence is below %s. Out of fold %s go on, for %s points.</p>\n<pre>%s</pre>\n",
			points(ch.Wanted), share(ch.Share), confidence(ch.Confidence), share(ch.HeldShare), points(ch.HeldLoss), c.Flag())
	} else {
		p.put("<p>No confidence keeps the loss within the wanted one.</p>\n")
	}
	for _, l := range c.Learnt {
		p.put("<p>%s learnt from %s: it answers better there than elsewhere, and the confidence does not hold elsewhere.</p>\n", l.Classifier, l.File)
	}
	p.put("<div class=\"plots\">\n")
	p.frame("cascade-curve", "What goes on, and accuracy",
		fmt.Sprintf("The accuracy of the cascade over the share of records that go on to %s. Alone, the first has %s and the second %s.",
			c.Stages[1], percent(c.Accuracies[0]), percent(c.Accuracies[1])), "share that goes on", "accuracy")
	var path strings.Builder
	for i, pt := range c.Curve {
		fmt.Fprintf(&path, "%s%.1f %.1f", [2]string{"M", "L"}[min(i, 1)], x(pt.Share), y(pt.Accuracy))
	}
	p.put(`<path class="line" d="%s"/>`+"\n", path.String())
	if ch := c.Choice; ch != nil {
		p.put(`<circle class="point" cx="%.1f" cy="%.1f" r="4"><title>%s</title></circle>`+"\n", x(ch.Share), y(ch.Accuracy),
			fmt.Sprintf("below confidence %s: %s go on, accuracy %s", confidence(ch.Confidence), share(ch.Share), share(ch.Accuracy)))
	}
	p.put("</svg>\n<details><summary>Numbers</summary>\n<table>\n" +
		`<thead><tr><th scope="col" class="n">Goes on</th><th scope="col" class="n">Below confidence</th><th scope="col" class="n">Accuracy</th><th scope="col" class="n">Loss</th></tr></thead>` + "\n<tbody>\n")
	for _, pt := range c.Curve {
		p.put("<tr><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td></tr>\n",
			share(pt.Share), confidence(pt.Confidence), share(pt.Accuracy), points(pt.Loss))
	}
	p.put("</tbody>\n</table>\n</details>\n</figure>\n</div>\n</article>\n")
}

func share(f float64) string { return percent(eval.Score(f)) }

// points writes a difference of shares in percentage points.
func points(d float64) string { return strconv.FormatFloat(100*d, 'f', 2, 64) }
