package term

import (
	"fmt"
	"io"
	"strings"

	"github.com/winnow-stream/winnow/pipeline"
)

// clipFront is a text's last cells: of a path, the end says more.
func clipFront(s string, columns int) string {
	r := []rune(s)
	if cells(s) <= columns {
		return s
	}
	for cells(string(r)) >= columns {
		r = r[1:]
	}
	return "…" + string(r)
}

// WriteSample draws one sample of a tap as a line.
func WriteSample(w io.Writer, m *pipeline.Sample, s Style) error {
	var b strings.Builder
	if m.Missed > 0 {
		b.WriteString(s.paint(dim, fmt.Sprintf("… %s missed", Plural(m.Missed, "sample"))) + "\n")
	}
	label := "–"
	if m.Label != "" {
		label = padRight(clip(clean(m.Label), 24), 12) + " " + decimal(float64(m.Confidence), 2)
	}
	place := fmt.Sprintf("%s  %s → %s", m.Time.Local().Format("15:04:05"), clipFront(fmt.Sprintf("%s:%d", clean(m.Split), m.Offset), 24), clean(m.Sink))
	text := m.Text
	if text == "" {
		text = m.Record
	}
	b.WriteString(s.paint(dim, place) + gutter + s.paint(bold, label))
	if room := s.columns() - cells(place) - cells(label) - 2*len(gutter); room > 8 {
		b.WriteString(gutter + clip(clean(text), room))
	}
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}
