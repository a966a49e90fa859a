package term

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/pipeline"
)

// Answer is a label of a text with the words that moved its score.
type Answer struct {
	Label      string // empty: there is none
	Confidence float32
	Words      []pipeline.Reason
}

// Answers draws a text once for each of its labels, and where it stands: words that spoke for the label are green, those
// that spoke against it red, and bold where they did at least half as much as the strongest. Without colours each has its
// weight behind it.
func Answers(place, text string, answers []Answer, s Style) string {
	var b strings.Builder
	for _, a := range answers {
		b.WriteString(s.paint(dim, clean(place)+": "))
		if a.Label == "" {
			b.WriteString(s.paint(dim, "no label: ") + around([]rune(text), true, true) + "\n")
			continue
		}
		b.WriteString(s.paint(bold, clean(a.Label)) + s.paint(dim, fmt.Sprintf(" %.2f: ", a.Confidence)))
		b.WriteString(s.reasons([]rune(text), a.Words) + "\n")
	}
	return b.String()
}

// reasons draws a text with its words, which do not overlap.
func (s Style) reasons(points []rune, words []pipeline.Reason) string {
	words = slices.Clone(words)
	slices.SortFunc(words, func(a, b pipeline.Reason) int { return cmp.Compare(a.Start, b.Start) })
	var most float32
	for _, w := range words {
		most = max(most, w.Weight, -w.Weight)
	}
	var b strings.Builder
	at := 0
	for i, w := range words {
		b.WriteString(around(points[at:w.Start], i > 0, true))
		b.WriteString(s.reason(clean(string(points[w.Start:w.End])), w.Weight, most))
		at = w.End
	}
	b.WriteString(around(points[at:], true, false))
	return b.String()
}

func (s Style) reason(word string, weight, most float32) string {
	if !s.Color {
		return fmt.Sprintf("[%s %+.2f]", word, weight)
	}
	attr := green
	if weight < 0 {
		attr = red
	}
	if 2*math.Abs(float64(weight)) >= float64(most) {
		attr = bold + ";" + attr
	}
	return s.paint(attr, word)
}
