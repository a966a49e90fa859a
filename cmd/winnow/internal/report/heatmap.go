package report

import (
	"cmp"
	"fmt"
	"slices"
)

// mapLabels is how many labels a heat map shows: those that are mixed up most.
const mapLabels = 40

// heatmap draws which labels are taken for which: a square a pair, darker the larger its share of the gold label's rows.
func (p *page) heatmap(id string, m *Measured) {
	labels := mixedUp(m)
	if len(labels) < 2 {
		return
	}
	at := make(map[string]int, len(labels))
	for i, l := range labels {
		at[m.Labels[l].Name] = i
	}
	id += "-confusion"
	title := "Which labels are taken for which"
	if len(labels) < len(m.Labels) {
		title += fmt.Sprintf(" (the %d that are mixed up most)", len(labels))
	}
	const cell, left, top = 14, 200, 18
	size := cell * len(labels)
	p.put("<figure class=\"wide\">\n<figcaption>%s</figcaption>\n", title)
	p.put(`<svg class="map" viewBox="0 0 %d %d" role="img" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`+"\n",
		left+size+4, top+size+4, id, id, id, title, id, "Rows are gold labels, columns answers under the rows' numbers; the table below names the most frequent confusions.")
	for i, l := range labels {
		p.put(`<text x="%d" y="%d" text-anchor="end">%s</text><text class="small" x="%d" y="%d" text-anchor="middle">%d</text>`+"\n",
			left-6, top+i*cell+11, fmt.Sprintf("%s %d", short(m.Labels[l].Name), i+1), left+i*cell+cell/2, top-6, i+1)
	}
	square := func(gold, answer int, rows, of int64, class, what string) {
		share := float64(rows) / float64(max(of, 1))
		p.put(`<rect class="%s" x="%d" y="%d" width="%d" height="%d" fill-opacity="%.2f"><title>%s</title></rect>`+"\n",
			class, left+answer*cell, top+gold*cell, cell-1, cell-1, 0.1+0.9*min(share, 1), what)
	}
	p.put(`<rect class="back" x="%d" y="%d" width="%d" height="%d"/>`+"\n", left, top, size, size)
	for i, l := range labels {
		q := &m.Labels[l]
		if q.Correct > 0 {
			square(i, i, q.Correct, q.Gold, "right", fmt.Sprintf("%s: %s of %s found", q.Name, count(q.Correct), count(q.Gold)))
		}
	}
	for _, c := range m.Confusions {
		gold, known := at[c.Gold]
		answer, answered := at[c.Predicted]
		if known && answered {
			of := m.Labels[labels[gold]].Gold
			square(gold, answer, c.Count, of, "mixed", fmt.Sprintf("%s taken for %s: %s of %s", c.Gold, c.Predicted, count(c.Count), count(of)))
		}
	}
	p.put("</svg>\n</figure>\n")
}

// mixedUp are the labels of a heat map in the order of the set.
func mixedUp(m *Measured) []int {
	index := make(map[string]int, len(m.Labels))
	order := make([]int, len(m.Labels))
	for i, l := range m.Labels {
		index[l.Name], order[i] = i, i
	}
	mixed := make([]int64, len(m.Labels))
	for _, c := range m.Confusions {
		for _, name := range []string{c.Gold, c.Predicted} {
			if i, ok := index[name]; ok && c.Gold != "" && c.Predicted != "" {
				mixed[i] += c.Count
			}
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(mixed[b], mixed[a]) })
	order = order[:min(len(order), mapLabels)]
	slices.Sort(order)
	return order
}

// short cuts a label's name to what stands beside a heat map.
func short(name string) string {
	r := []rune(name)
	if len(r) > 26 {
		return string(r[:25]) + "…"
	}
	return name
}
