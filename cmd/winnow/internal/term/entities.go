package term

import (
	"strings"

	"github.com/winnow-stream/winnow/pipeline"
)

// Entity is a part of a text that is drawn with its type.
type Entity struct {
	Type       string
	Start, End int // code points
}

const (
	blue    = "34"
	magenta = "35"
)

// entityColors are those of the types, which take turns.
var entityColors = []string{green, yellow, cyan, magenta, blue, red}

// shownAround is how much of a text stands between two entities at most, in code points; of what is longer, the middle
// is left out.
const shownAround = 120

// Entities draws a text with its entities, which are sorted, and where it stands.
func Entities(place, text string, found []Entity, s Style) string {
	var b strings.Builder
	b.WriteString(s.paint(dim, clean(place)+": "))
	points := []rune(text)
	at := 0
	for i, e := range found {
		b.WriteString(around(points[at:e.Start], i > 0, true))
		b.WriteString(s.entity(clean(string(points[e.Start:e.End])), e.Type))
		at = e.End
	}
	b.WriteString(around(points[at:], true, false))
	return b.String()
}

func (s Style) entity(text, name string) string {
	if !s.Color {
		return "[" + text + " " + name + "]"
	}
	return s.paint(bold+";"+entityColor(name), text) + s.paint(entityColor(name), " "+name)
}

// entityColor is the same for a type wherever it comes.
func entityColor(name string) string {
	sum := 0
	for i := range len(name) {
		sum = sum*31 + int(name[i])
	}
	return entityColors[uint(sum)%uint(len(entityColors))]
}

// around shortens what stands between entities: left keeps its beginning, right its end.
func around(points []rune, left, right bool) string {
	if len(points) <= shownAround {
		return clean(string(points))
	}
	var head, tail string
	if left {
		head = string(points[:shownAround/2])
	}
	if right {
		tail = string(points[len(points)-shownAround/2:])
	}
	return clean(head + "…" + tail)
}

// entityTable lists types by their counts.
func entityTable(t *pipeline.Tally) *labelRows {
	table := &labelRows{Table{
		Head: []string{"type", "found", "records", "confidence", ""}, Align: []Align{Left, Right, Right, Right, Left},
	}}
	var top int64
	none := 0
	for _, e := range t.Entities {
		top = max(top, e.Count)
	}
	for _, e := range t.Entities {
		if e.Count == 0 {
			none++
			continue
		}
		table.Row(e.Type, Count(e.Count), Count(e.Rows), decimal(e.ConfidenceSum/float64(e.Count), 2), bar(float64(e.Count)/float64(top), 20))
	}
	if none > 0 {
		table.Dim(Plural(int64(none), "type")+" not found", "0", "0")
	}
	return table
}
