package term

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// desk is a screen with some of everything.
func desk(labels int) *Labelling {
	l := &Labelling{
		Done: 12, Skipped: 1, All: 50, Text: "I was charged twice for one order.\nPlease send the money back to my card\x1b[2J, thanks.",
		Proposal: "label 2", Confidence: 0.41, Second: "label 1", Why: "unsure: label 2 0.41, label 1 0.38; about 120 texts are like it",
	}
	for i := range labels {
		l.Labels = append(l.Labels, LabelKey{Key: rune("123456789abcdefghijklmnopqrstuvwxyz"[i]), Name: fmt.Sprintf("label %d", i+1), Count: i % 4})
	}
	return l
}

func TestLabelling(t *testing.T) {
	search := desk(9)
	search.Search, search.Filter, search.More = true, "lab", 61
	multi := desk(5)
	multi.Multi, multi.Labels[1].Chosen, multi.Labels[4].Chosen = true, true, true
	long := desk(4)
	long.Text, long.Scroll = strings.Repeat("word ", 1000), 3
	help := desk(3)
	help.Help = true
	finished := desk(3)
	finished.Finished = true
	for _, c := range []struct {
		name          string
		screen        *Labelling
		width, height int
	}{
		{"usual", desk(12), 80, 24},
		{"many", desk(35), 80, 24},
		{"small", desk(12), 40, 12},
		{"tiny", desk(12), 20, 5},
		{"search", search, 80, 24},
		{"multi", multi, 80, 24},
		{"long", long, 80, 16},
		{"help", help, 60, 24},
		{"finished", finished, 80, 24},
	} {
		t.Run(c.name, func(t *testing.T) {
			golden(t, strings.Join(c.screen.Lines(c.height, Style{Width: c.width}), "\n")+"\n")
		})
	}
}

// TestLabellingFits holds that a screen fits its window, and that nothing of a text reaches the terminal but what is seen.
func TestLabellingFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := desk(rapid.IntRange(1, 35).Draw(t, "labels"))
		l.Text, l.Why, l.Note = rapid.String().Draw(t, "text"), rapid.String().Draw(t, "why"), rapid.String().Draw(t, "note")
		l.Proposal, l.Labels[0].Name = rapid.String().Draw(t, "proposal"), rapid.String().Draw(t, "name")
		l.Scroll = rapid.IntRange(-5, 100).Draw(t, "scroll")
		l.Search, l.Multi = rapid.Bool().Draw(t, "search"), rapid.Bool().Draw(t, "multi")
		l.Help, l.Finished = rapid.Bool().Draw(t, "help"), rapid.Bool().Draw(t, "finished")
		width, height := rapid.IntRange(2, 120).Draw(t, "width"), rapid.IntRange(1, 40).Draw(t, "height")
		lines := l.Lines(height, Style{Width: width})
		if len(lines) > height {
			t.Errorf("%d lines in a window of %d", len(lines), height)
		}
		for _, line := range lines {
			if cells(line) > width {
				t.Errorf("%q is wider than %d", line, width)
			}
			if line != clean(line) {
				t.Errorf("%q holds control characters", line)
			}
		}
	})
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text    string
		columns int
		want    []string
	}{
		{"one two three", 8, []string{"one two", "three"}},
		{"one  two\r\n\nthree", 20, []string{"one  two", "", "three"}},
		{"abcdefghij", 4, []string{"abcd", "efgh", "ij"}},
		{"日本語の文", 4, []string{"日本", "語の", "文"}},
		{"a\x1b[31mb\tc", 20, []string{"a [31mb c"}},
		{"", 4, nil},
	} {
		if diff := cmp.Diff(c.want, wrap(c.text, c.columns)); diff != "" {
			t.Errorf("wrap(%q, %d) (-want +got):\n%s", c.text, c.columns, diff)
		}
	}
}
