package labelling

import "github.com/winnow-stream/winnow/cmd/winnow/internal/term"

// View is the model as a screen.
func (m *Model) View() *term.Labelling {
	done, all := m.Answered()
	v := &term.Labelling{
		Done: done, All: all, Multi: m.multi, Help: m.help, Finished: m.Done(), Note: m.note, Search: !m.direct(), Filter: m.filter,
		Scroll: m.scroll,
	}
	for i := range m.skipped {
		if m.given[i] == nil {
			v.Skipped++
		}
	}
	if m.Done() {
		return v
	}
	t := &m.tasks[m.at]
	v.Text, v.Second, v.Why = t.Text, t.Second, t.Why
	if len(t.Proposed) > 0 {
		v.Proposal, v.Confidence = t.Proposed[0], t.Confidence
	}
	offered := m.Offered()
	for i, l := range offered {
		v.Labels = append(v.Labels, term.LabelKey{
			Key: rune(directKeys[i]), Name: m.labels[l], Count: m.counts[l], Chosen: m.chosen[l],
		})
	}
	if !m.direct() {
		v.More = len(m.matches(m.filter)) - len(offered)
	}
	return v
}
