package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// plotSize is the side of a plot's area, in units of its viewBox; plotLeft and plotTop are where it begins.
const (
	plotSize = 240
	plotLeft = 44
	plotTop  = 14
)

// plots draws reliability and coverage beside each other, each with its numbers below.
func (p *page) plots(id string, m *Measured) {
	if len(m.Curve) == 0 {
		return
	}
	p.put("<div class=\"plots\">\n")
	p.reliability(id, m)
	p.coverage(id, m)
	p.put("</div>\n")
}

// x and y place a value of [0, 1].
func x(v float64) float64 { return plotLeft + v*plotSize }
func y(v float64) float64 { return plotTop + (1-v)*plotSize }

// frame opens a figure with axes from 0 to 1.
func (p *page) frame(id, title, describe, across, up string) {
	p.put("<figure>\n<figcaption>%s</figcaption>\n", title)
	p.put(`<svg viewBox="0 0 %d %d" role="img" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`+"\n",
		plotLeft+plotSize+16, plotTop+plotSize+44, id, id, id, title, id, describe)
	for i := range 6 {
		v := float64(i) / 5
		p.put(`<path class="grid" d="M%.1f %.1fH%.1fM%.1f %.1fV%.1f"/>`, x(0), y(v), x(1), x(v), y(0), y(1))
		p.put(`<text x="%.1f" y="%.1f" text-anchor="end">%.1f</text><text x="%.1f" y="%.1f" text-anchor="middle">%.1f</text>`+"\n",
			x(0)-6, y(v)+3.5, v, x(v), y(0)+15, v)
	}
	p.put(`<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, x(0.5), y(0)+34, across)
	p.put(`<text x="12" y="%.1f" text-anchor="middle" transform="rotate(-90 12 %.1f)">%s</text>`+"\n", y(0.5), y(0.5), up)
}

// reliability draws the accuracy of each bin beside the accuracy that its confidence promises.
func (p *page) reliability(id string, m *Measured) {
	p.frame(id+"-reliability", "Reliability",
		fmt.Sprintf("Bars are the accuracy of answers by confidence; the dashed line is what the confidence promises. The calibration error is %s.", decimal(m.ECE)),
		"confidence", "accuracy")
	for _, b := range m.Calibration {
		if b.Count == 0 {
			continue
		}
		a := float64(b.Accuracy)
		p.put(`<rect class="bar" x="%.1f" y="%.1f" width="%.1f" height="%.1f"><title>%s</title></rect>`+"\n", x(b.From)+0.5, y(a), x(b.To)-x(b.From)-1, y(0)-y(a),
			fmt.Sprintf("confidence %.2f–%.2f: %s answers, accuracy %s, promised %s", b.From, b.To, count(b.Count), decimal(b.Accuracy), decimal(b.Confidence)))
		p.put(`<circle class="point" cx="%.1f" cy="%.1f" r="2.5"/>`+"\n", x(float64(b.Confidence)), y(a))
	}
	p.put(`<path class="ideal" d="M%.1f %.1fL%.1f %.1f"/>`+"\n</svg>\n", x(0), y(0), x(1), y(1))
	p.put("<details><summary>Numbers</summary>\n<table>\n" +
		`<thead><tr><th scope="col">Confidence</th><th scope="col" class="n">Answers</th><th scope="col" class="n">Mean</th><th scope="col" class="n">Accuracy</th></tr></thead>` + "\n<tbody>\n")
	for _, b := range m.Calibration {
		p.put("<tr><th scope=\"row\">%s</th><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td></tr>\n",
			fmt.Sprintf("%.2f–%.2f", b.From, b.To), count(b.Count), decimal(b.Confidence), decimal(b.Accuracy))
	}
	p.put("</tbody>\n</table>\n</details>\n</figure>\n")
}

// coverage draws how accurate answers are when the least confident ones are withheld.
func (p *page) coverage(id string, m *Measured) {
	p.frame(id+"-coverage", "Coverage and accuracy",
		fmt.Sprintf("The accuracy of the most confident answers over the share of records that they are. Everything answered, it is %s.", decimal(m.Curve[len(m.Curve)-1].Accuracy)),
		"coverage", "accuracy")
	var path strings.Builder
	for i, c := range m.Curve {
		step := "L"
		if i == 0 {
			step = "M"
		}
		fmt.Fprintf(&path, "%s%.1f %.1f", step, x(float64(c.Coverage)), y(float64(c.Accuracy)))
	}
	p.put(`<path class="line" d="%s"/>`+"\n", path.String())
	for _, t := range m.Thresholds {
		if t.Confidence.Known() && m.Multi == nil {
			p.put(`<circle class="point" cx="%.1f" cy="%.1f" r="4"><title>%s</title></circle>`+"\n", x(float64(t.Coverage)), y(float64(t.Precision)),
				fmt.Sprintf("from confidence %.4f on: precision %s on %s", float64(t.Confidence), percent(t.Precision), percent(t.Coverage)))
		}
	}
	p.put("</svg>\n<details><summary>Numbers</summary>\n<table>\n" +
		`<thead><tr><th scope="col" class="n">From confidence</th><th scope="col" class="n">Coverage</th><th scope="col" class="n">Accuracy</th></tr></thead>` + "\n<tbody>\n")
	for i, c := range m.Curve {
		if i%5 == 4 || i == len(m.Curve)-1 {
			p.put("<tr><td class=\"n\">%.4f</td><td class=\"n\">%s</td><td class=\"n\">%s</td></tr>\n", c.Confidence, percent(c.Coverage), percent(c.Accuracy))
		}
	}
	p.put("</tbody>\n</table>\n</details>\n</figure>\n")
}

// reasons writes why records have no label.
func reasons(counts map[string]int64) string {
	var parts []string
	for _, r := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, strings.ReplaceAll(r, "_", " ")+" "+count(counts[r]))
	}
	return strings.Join(parts, ", ")
}
