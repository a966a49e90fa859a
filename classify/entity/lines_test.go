package entity

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var showMistakes = flag.Bool("mistakes", false, "print each span that is wrong or missing")

// marked is a text with its entities, as testdata has it: {{type:text}}.
type marked struct {
	line  int
	text  string
	spans []want
}

type want struct {
	kind       string
	start, end int
}

func readMarked(t testing.TB, path string) []marked {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []marked
	for i, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		m := marked{line: i + 1}
		for {
			before, rest, ok := strings.Cut(line, "{{")
			m.text += before
			if !ok {
				break
			}
			for strings.HasPrefix(rest, "{") { // a brace in the text itself
				m.text, rest = m.text+"{", rest[1:]
			}
			inner, after, _ := strings.Cut(rest, "}}")
			kind, text, found := strings.Cut(inner, ":")
			if !found || !slices.Contains(patternTypes[:], kind) {
				t.Fatalf("%s:%d: %q is no entity", path, i+1, inner)
			}
			m.spans = append(m.spans, want{kind, len(m.text), len(m.text) + len(text)})
			m.text += text
			line = after
		}
		all = append(all, m)
	}
	return all
}

// count is what was found of a type: right, wrong, and missed.
type count struct{ right, wrong, missed int }

func (c count) f1() float64 {
	return 2 * float64(c.right) / float64(2*c.right+c.wrong+c.missed)
}

// measure compares what is found with what is marked, span by span.
func measure(t testing.TB, path string, x *Extractor) map[string]count {
	t.Helper()
	counts := make(map[string]count)
	types := x.About().Types
	for _, m := range readMarked(t, path) {
		var got []want
		for _, s := range x.Find(nil, m.text) {
			got = append(got, want{types[s.Type], int(s.Start), int(s.End)})
		}
		for _, g := range got {
			c := counts[g.kind]
			if slices.Contains(m.spans, g) {
				c.right++
			} else {
				c.wrong++
				tellMistake(path, m, g, "wrong")
			}
			counts[g.kind] = c
		}
		for _, w := range m.spans {
			if !slices.Contains(got, w) {
				c := counts[w.kind]
				c.missed++
				counts[w.kind] = c
				tellMistake(path, m, w, "missed")
			}
		}
	}
	return counts
}

func tellMistake(path string, m marked, w want, what string) {
	if *showMistakes {
		fmt.Printf("%s:%d: %s %s %q in %q\n", path, m.line, what, w.kind, m.text[w.start:w.end], m.text)
	}
}

func patterns(t testing.TB) *Extractor {
	t.Helper()
	x, err := New(Config{Finders: []Finder{NewPatterns()}})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestLines holds each type to an F1 of 0.98 on lines that the scanners were made with, and on lines of other templates.
func TestLines(t *testing.T) {
	for _, path := range []string{"testdata/lines.txt", "testdata/held.txt"} {
		counts := measure(t, path, patterns(t))
		for _, kind := range patternTypes {
			c := counts[kind]
			t.Logf("%s %-8s right %4d wrong %3d missed %3d F1 %.4f", path, kind, c.right, c.wrong, c.missed, c.f1())
			if c.right < 20 || c.f1() < 0.98 {
				t.Errorf("%s: %s has an F1 of %.4f over %d", path, kind, c.f1(), c.right+c.missed)
			}
		}
	}
}
