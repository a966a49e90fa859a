package term

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Labelling is a screen on which texts are labelled.
type Labelling struct {
	Done, Skipped, All int // texts
	Text               string
	Scroll             int    // lines of the text that are above the screen
	Proposal           string // label; empty: none
	Confidence         float64
	Second             string // the label that is likeliest beside it
	Why                string // the text was suggested
	Labels             []LabelKey
	More               int // labels that have no key now
	Search             bool
	Filter             string // what was typed to find a label
	Multi              bool
	Help               bool
	Finished           bool   // nothing is left to label
	Note               string // about the last key
}

// LabelKey is a label with the key that gives it.
type LabelKey struct {
	Key    rune
	Name   string
	Count  int // texts that have it
	Chosen bool
}

// Lines draws the screen: at most height lines, none wider than the style. It holds Scroll to the text's end.
func (l *Labelling) Lines(height int, s Style) []string {
	height = max(height, 1)
	width := s.columns()
	head := s.paint(bold, clip(l.progress(width), width))
	if l.Help {
		return fit(append([]string{head, ""}, l.help(width)...), height)
	}
	if l.Finished {
		return fit([]string{head, "", clip("Every text has its label. Esc leaves, Backspace takes the last answer back.", width), clip(l.Note, width)}, height)
	}
	foot := s.paint(dim, clip(l.footer(width), width))
	proposal := l.proposal(width, height, s)
	labels := l.labels(width, s)
	// The text gets what the others leave, but a third at least; then labels give way, which help and search still show.
	spare := height - 2 - len(proposal) // header and footer
	gaps := min(max(spare-len(labels)-2, 0), 3)
	if most := max(spare-gaps-max(spare/3, 1), 1); len(labels) > most {
		labels = append(labels[:most-1], s.paint(dim, clip("… more labels: the window is too small", width)))
	}
	text := l.text(width, max(spare-gaps-len(labels), 1), s)
	lines := []string{head}
	gap := func() {
		if gaps > 0 {
			lines, gaps = append(lines, ""), gaps-1
		}
	}
	gap()
	lines = append(lines, text...)
	gap()
	lines = append(lines, proposal...)
	lines = append(lines, labels...)
	gap()
	return fit(append(lines, foot), height)
}

// fit cuts lines that there is no room for, the last one excepted.
func fit(lines []string, height int) []string {
	if len(lines) <= height {
		return lines
	}
	return append(lines[:height-1], lines[len(lines)-1])
}

func (l *Labelling) progress(width int) string {
	text := fmt.Sprintf("%s of %s labelled", Count(int64(l.Done)), Count(int64(l.All)))
	if l.Skipped > 0 {
		text += fmt.Sprintf(", %s skipped", Count(int64(l.Skipped)))
	}
	const cellsOfBar = 20
	if width < 3*cellsOfBar || l.All == 0 {
		return text
	}
	filled := cellsOfBar * l.Done / l.All
	return strings.Repeat("█", filled) + strings.Repeat("░", cellsOfBar-filled) + "  " + text
}

// roomy is the height of a window from which on reasons are shown.
const roomy = 10

// text is the part of the text that there is room for.
func (l *Labelling) text(width, room int, s Style) []string {
	lines := wrap(l.Text, width)
	if len(lines) <= room {
		l.Scroll = 0
		return lines
	}
	hint := room > 1
	if hint {
		room--
	}
	l.Scroll = min(max(l.Scroll, 0), len(lines)-room)
	shown := append([]string{}, lines[l.Scroll:l.Scroll+room]...)
	if !hint {
		return shown
	}
	rest := fmt.Sprintf("… lines %d–%d of %d: arrows scroll", l.Scroll+1, l.Scroll+room, len(lines))
	return append(shown, s.paint(dim, clip(rest, width)))
}

func (l *Labelling) proposal(width, height int, s Style) []string {
	text := "no proposal"
	if l.Proposal != "" {
		text = fmt.Sprintf("proposed: %s  %s", l.Proposal, percent(l.Confidence, 1))
		if l.Second != "" {
			text += "  or " + l.Second
		}
	}
	lines := []string{s.paint(cyan, clip(text, width))}
	if l.Why != "" && height >= roomy {
		lines = append(lines, s.paint(dim, clip(l.Why, width)))
	}
	if l.Search {
		found := "type to find a label"
		if l.Filter != "" {
			found = "find: " + l.Filter + "_"
		}
		if l.More > 0 {
			found += fmt.Sprintf("  (%s more)", Count(int64(l.More)))
		}
		lines = append(lines, clip(found, width))
	}
	return lines
}

// labels are the keys in as many columns as there is room for, read downwards.
func (l *Labelling) labels(width int, s Style) []string {
	entries := make([]string, len(l.Labels))
	widest := 0
	for i, k := range l.Labels {
		mark := ""
		if l.Multi {
			mark = "[ ] "
			if k.Chosen {
				mark = "[x] "
			}
		}
		entries[i] = string(k.Key) + " " + mark + clean(k.Name)
		if k.Count > 0 {
			entries[i] += " (" + strconv.Itoa(k.Count) + ")"
		}
		widest = max(widest, cells(entries[i]))
	}
	widest = min(widest, width)
	columns := max((width+len(gutter))/(widest+len(gutter)), 1)
	rows := (len(entries) + columns - 1) / columns
	lines := make([]string, rows)
	for i, entry := range entries {
		entry = clip(entry, widest)
		space := widest - cells(entry)
		if l.Labels[i].Chosen || l.Labels[i].Name == l.Proposal {
			entry = s.paint(bold, entry)
		}
		if i+rows < len(entries) { // another one stands beside it
			entry += strings.Repeat(" ", space) + gutter
		}
		lines[i%rows] += entry
	}
	return lines
}

func (l *Labelling) footer(width int) string {
	if l.Note != "" {
		return l.Note
	}
	accept := "Enter accepts"
	if l.Multi {
		accept = "Enter saves"
	}
	text := accept + " · Tab skips · Backspace undoes · ? help · Esc leaves"
	if cells(text) > width {
		return "? help · Esc leaves"
	}
	return text
}

// help explains the keys.
func (l *Labelling) help(width int) []string {
	rows := [][2]string{
		{"a label's key", "gives the text this label, and shows the next text"},
		{"Enter", "accepts the proposal"},
		{"Tab", "skips the text; it comes again at the end"},
		{"Backspace", "takes the last answer back"},
		{"arrows, PgUp, PgDn", "scroll a long text"},
		{"Esc, Ctrl-C", "leaves; every answer is saved already"},
	}
	if l.Multi {
		rows[0][1], rows[1][1] = "chooses this label, or not", "saves the labels that are chosen, none too"
	}
	if l.Search {
		rows[0][0] = "1 to 9"
		rows = append(rows, [2]string{"letters", "find labels by their names; then Enter takes the first"})
	}
	var lines []string
	for _, r := range rows {
		lines = append(lines, wrap(padRight(r[0], 20)+r[1], width)...)
	}
	return append(lines, "", clip("any key goes back", width))
}

// WriteCounts draws how many records have each label, the most frequent first; labels without any are left out.
func WriteCounts(w io.Writer, names []string, counts []int, s Style) error {
	order := make([]int, 0, len(names))
	for i, n := range counts {
		if n > 0 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(counts[b], counts[a]) })
	t := Table{Align: []Align{Left, Right}}
	for _, i := range order {
		t.Row(names[i], Count(int64(counts[i])))
	}
	return t.Write(w, s)
}
