package entity

import (
	"slices"
	"testing"
	"unicode/utf8"
)

// held checks what is promised of spans.
func held(t *testing.T, x *Extractor, text string, spans []Span) {
	t.Helper()
	last, valid := int32(0), utf8.ValidString(text)
	for _, s := range spans {
		switch {
		case s.Start < last || s.End <= s.Start || int(s.End) > len(text):
			t.Fatalf("a span [%d, %d) after %d in a text of %d bytes: %q", s.Start, s.End, last, len(text), text)
		case !boundary(text, int(s.Start)) || !boundary(text, int(s.End)):
			t.Fatalf("a span [%d, %d) inside of a code point: %q", s.Start, s.End, text)
		case valid && !utf8.ValidString(text[s.Start:s.End]):
			t.Fatalf("a span [%d, %d) is not UTF-8: %q", s.Start, s.End, text)
		case s.Type < 0 || int(s.Type) >= len(x.About().Types) || !(s.Confidence >= 0 && s.Confidence <= 1):
			t.Fatalf("type %d, confidence %v", s.Type, s.Confidence)
		}
		last = s.End
	}
}

func FuzzPatterns(f *testing.F) {
	for _, path := range []string{"testdata/lines.txt", "testdata/held.txt"} {
		for i, text := range texts(f, path) {
			if i%7 == 0 {
				f.Add(text)
			}
		}
	}
	f.Add("\xff@\xff.com +\xc2 1\xe2\x80")
	f.Add("::::1:2::3.4.5.6.7.8:::: @@@### ....---- 1-1-1-1-1/1/1")
	x := patterns(f)
	cover, err := New(Config{Finders: []Finder{NewPatterns()}, Cover: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		spans, over := x.Find(nil, text), cover.Find(nil, text)
		held(t, x, text, spans)
		held(t, cover, text, over)
		for _, s := range spans {
			if !slices.ContainsFunc(over, func(o Span) bool { return o.Start <= s.Start && s.End <= o.End }) {
				t.Fatalf("[%d, %d) is not covered: %q", s.Start, s.End, text)
			}
		}
	})
}
