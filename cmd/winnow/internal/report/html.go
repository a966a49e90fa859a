package report

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/winnow-stream/winnow/classify/eval"
)

// page is an HTML document in the making. Labels, texts and names of files are hostile: every string that goes through
// put is escaped, so that none can become markup.
type page struct {
	b strings.Builder
}

// markup is a string that is HTML already.
type markup string

// put writes a format whose strings are escaped.
func (p *page) put(format string, args ...any) {
	for i, a := range args {
		switch v := a.(type) {
		case string:
			args[i] = html.EscapeString(clean(v))
		case markup:
			args[i] = string(v)
		}
	}
	fmt.Fprintf(&p.b, format, args...)
}

// clean replaces what could not be seen, or would turn the reading direction of what follows.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// HTML is the page for people: one file that needs no network and no JavaScript, and says so to the browser.
func (p *Page) HTML() []byte {
	d := new(page)
	d.put(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="color-scheme" content="light dark">
<title>%s: %s</title>
<style>%s</style>
</head>
<body>
<main>
<h1>%s</h1>
`, p.Title, p.First.Name, markup(style), p.Title)
	if p.Cascade != nil {
		d.cascade(p.Cascade)
	}
	if p.Comparison != nil {
		d.comparison(p)
	}
	d.measured("first", p.First)
	if p.Second != nil {
		d.measured("second", p.Second)
	}
	d.put("</main>\n</body>\n</html>\n")
	return []byte(d.b.String())
}

// measured writes one report. Its id keeps the ids of two reports apart.
func (p *page) measured(id string, m *Measured) {
	p.put("<article aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n", id, id, m.Name)
	p.scores(m)
	p.thresholds(m)
	p.plots(id, m)
	p.heatmap(id, m)
	p.confusions(m)
	p.labels(m)
	p.unknown(m)
	p.wrong(m)
	p.put("</article>\n")
}

// scores is the table of what is measured over all rows.
func (p *page) scores(m *Measured) {
	p.put("<table>\n<caption>Scores over %s records with a gold label</caption>\n<tbody>\n", count(m.Rows))
	row := func(name, value, more string) {
		p.put("<tr><th scope=\"row\">%s</th><td class=\"n\">%s</td><td>%s</td></tr>\n", name, value, more)
	}
	if x := m.Multi; x != nil {
		row("Exact match", percent(x.ExactMatch), "95 % interval "+between(x.ExactMatchInterval))
		row("Samples-F1", decimal(x.SamplesF1), "mean F1 of the records")
		row("Best label is right", percent(m.Accuracy), "95 % interval "+between(m.AccuracyInterval))
	} else {
		row("Accuracy", percent(m.Accuracy), "95 % interval "+between(m.AccuracyInterval))
	}
	for _, k := range m.TopK {
		if k.K > 1 {
			row(fmt.Sprintf("Among the best %d", k.K), percent(k.Accuracy), "")
		}
	}
	row("Macro-F1", decimal(m.MacroF1), "mean over labels")
	row("Micro-F1", decimal(m.MicroF1), "all labels counted together")
	row("Weighted F1", decimal(m.WeightedF1), "mean over labels by their gold records")
	if !m.WithoutConfidence {
		row("Calibration error", decimal(m.ECE), fmt.Sprintf("ECE over %d bins", eval.Bins))
		row("AURC", decimal(m.AURC), "area under risk over coverage; lower is better")
	}
	if o := m.OutOfScope; o != nil {
		row("Out of scope", count(o.Rows), fmt.Sprintf("records that no label fits, %s answered all the same; AUROC %s", count(o.Answered), decimal(o.AUROC)))
	}
	if m.Null > 0 {
		row("No label", count(m.Null), reasons(m.NullReasons))
	}
	if m.Outside > 0 {
		row("Gold outside of the set", count(m.Outside), "counted as wrong")
	}
	if m.Rejected > 0 {
		row("Rejected", count(m.Rejected), "counted nowhere else")
	}
	p.put("</tbody>\n</table>\n")
}

func (p *page) thresholds(m *Measured) {
	if len(m.Thresholds) == 0 || m.WithoutConfidence {
		return
	}
	p.put("<table>\n<caption>What a wanted precision costs</caption>\n<thead><tr>" +
		`<th scope="col">Precision wanted</th><th scope="col" class="n">Answer from confidence</th><th scope="col" class="n">Answered</th>` +
		`<th scope="col" class="n">Precision measured</th><th scope="col">95 %% interval</th></tr></thead>` + "\n<tbody>\n")
	for _, t := range m.Thresholds {
		from := "never reached"
		if t.Confidence.Known() {
			from = strconv.FormatFloat(float64(t.Confidence), 'f', 4, 64)
		}
		p.put(`<tr><th scope="row">%v</th><td class="n">%s</td><td class="n">%s</td><td class="n">%s</td><td>%s</td></tr>`+"\n",
			t.Wanted, from, percent(t.Coverage), percent(t.Precision), between(t.Interval))
	}
	p.put("</tbody>\n</table>\n")
}

// shownConfusions is how many pairs the page names; JSON has all.
const shownConfusions = 30

func (p *page) confusions(m *Measured) {
	if len(m.Confusions) == 0 {
		return
	}
	none := "(outside of the set)"
	if m.Multi != nil {
		none = "(no label missed)"
	}
	p.put("<table>\n<caption>Most frequent confusions</caption>\n" +
		`<thead><tr><th scope="col">Gold</th><th scope="col">Taken for</th><th scope="col" class="n">Records</th></tr></thead>` + "\n<tbody>\n")
	for _, c := range m.Confusions[:min(len(m.Confusions), shownConfusions)] {
		p.put("<tr><td>%s</td><td>%s</td><td class=\"n\">%s</td></tr>\n", isolated(orElse(c.Gold, none)), isolated(orElse(c.Predicted, "(no label)")), count(c.Count))
	}
	p.put("</tbody>\n</table>\n")
}

func (p *page) labels(m *Measured) {
	p.put("<table>\n<caption>Labels</caption>\n<thead><tr>" + `<th scope="col">Label</th><th scope="col" class="n">Gold</th>` +
		`<th scope="col" class="n">Answers</th><th scope="col" class="n">Precision</th><th scope="col" class="n">Recall</th><th scope="col" class="n">F1</th>`)
	for _, t := range m.Thresholds {
		p.put(`<th scope="col" class="n">For precision %v</th>`, t.Wanted)
	}
	if m.Multi != nil {
		p.put(`<th scope="col" class="n">For the best F1</th>`)
	}
	p.put("</tr></thead>\n<tbody>\n")
	for _, l := range m.Labels {
		p.put(`<tr><th scope="row">%s</th><td class="n">%s</td><td class="n">%s</td><td class="n">%s</td><td class="n">%s</td><td class="n">%s</td>`,
			isolated(l.Name), count(l.Gold), count(l.Predicted), decimal(l.Precision), decimal(l.Recall), decimal(l.F1))
		for _, t := range l.Thresholds {
			from := "–"
			if t.Confidence.Known() {
				from = fmt.Sprintf("%.2f (%.0f %%)", float64(t.Confidence), 100*float64(t.Coverage))
			}
			p.put(`<td class="n">%s</td>`, from)
		}
		if m.Multi != nil {
			best := "–"
			if l.Best != nil {
				best = fmt.Sprintf("%.2f (F1 %.3f)", float64(l.Best.Confidence), float64(l.Best.F1))
			}
			p.put(`<td class="n">%s</td>`, best)
		}
		p.put("</tr>\n")
	}
	p.put("</tbody>\n</table>\n")
}

func (p *page) unknown(m *Measured) {
	if len(m.UnknownGold) == 0 {
		return
	}
	p.put("<table>\n<caption>Gold labels outside of the set</caption>\n" +
		`<thead><tr><th scope="col">Gold</th><th scope="col" class="n">Records</th></tr></thead>` + "\n<tbody>\n")
	for _, u := range m.UnknownGold {
		p.put("<tr><td>%s</td><td class=\"n\">%s</td></tr>\n", isolated(u.Label), count(u.Rows))
	}
	p.put("</tbody>\n</table>\n")
}

func (p *page) wrong(m *Measured) {
	if len(m.Wrong) == 0 {
		return
	}
	p.put("<table>\n<caption>Wrong with the highest confidence: is the gold label right?</caption>\n<thead><tr>" +
		`<th scope="col">Place</th><th scope="col" class="n">Confidence</th><th scope="col">Answer</th><th scope="col">Gold</th><th scope="col">Text</th></tr></thead>` + "\n<tbody>\n")
	for _, w := range m.Wrong {
		p.put("<tr><td>%s</td><td class=\"n\">%s</td><td>%s</td><td>%s</td><td>%s</td></tr>\n",
			isolated(fmt.Sprintf("%s:%d", w.File, w.Row)), decimal(w.Confidence), isolated(w.Label), isolated(strings.Join(w.Gold, ", ")), isolated(w.Text))
	}
	p.put("</tbody>\n</table>\n")
}

// comparison says whether the second report is better by more than chance.
func (p *page) comparison(all *Page) {
	c := all.Comparison
	p.put("<section aria-labelledby=\"comparison\">\n<h2 id=\"comparison\">Comparison</h2>\n")
	p.put("<table>\n<caption>Both over the same %s records</caption>\n"+
		`<thead><tr><th scope="col">Answered by</th><th scope="col" class="n">Accuracy</th><th scope="col" class="n">Macro-F1</th><th scope="col" class="n">ECE</th><th scope="col" class="n">AURC</th></tr></thead>`+"\n<tbody>\n", count(c.Rows()))
	for _, m := range []*Measured{all.First, all.Second} {
		p.put("<tr><th scope=\"row\">%s</th><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td></tr>\n",
			isolated(m.Name), percent(m.Accuracy), decimal(m.MacroF1), decimal(m.ECE), decimal(m.AURC))
	}
	p.put("</tbody>\n</table>\n")
	p.put("<p><strong>%s</strong> The second is right on %+.1f %% of the records more (95 %% interval %+.1f to %+.1f); only the first is right on %s, only the second on %s. McNemar (%s): p = %s.</p>\n</section>\n",
		c.Verdict(), 100*float64(c.Difference), 100*float64(c.Interval[0]), 100*float64(c.Interval[1]), count(c.First), count(c.Second),
		c.McNemar.Method, strconv.FormatFloat(float64(c.McNemar.P), 'g', 3, 64))
}

// isolated keeps a text's reading direction to itself.
func isolated(s string) markup { return markup("<bdi>" + html.EscapeString(clean(s)) + "</bdi>") }

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func percent(s eval.Score) string {
	if !s.Known() {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(s))
}

func between(i eval.Interval) string {
	if !i[0].Known() {
		return "–"
	}
	return fmt.Sprintf("%.1f–%.1f %%", 100*float64(i[0]), 100*float64(i[1]))
}

func decimal(s eval.Score) string {
	if math.IsNaN(float64(s)) {
		return "–"
	}
	return strconv.FormatFloat(float64(s), 'f', 3, 64)
}

// count separates thousands by narrow spaces, which all languages read alike.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}
