package explain_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/explain"
)

// counting scores two labels: the first by how often a text has the letter a, the second by how often it has b.
type counting struct {
	texts, longest int
}

func (c *counting) score(_ context.Context, texts *array.String, scores []float32) error {
	for i := range texts.Len() {
		text := texts.Value(i)
		c.texts, c.longest = c.texts+1, max(c.longest, len(text))
		scores[2*i], scores[2*i+1] = float32(strings.Count(text, "a")), float32(strings.Count(text, "b"))
	}
	return nil
}

// both answers that each text has both labels; the last has none.
func both(n int) *classify.Results {
	var r classify.Results
	r.Reset(n)
	for i := range n {
		if i < n-1 {
			r.Label[i], r.Scores = 1, append(r.Scores, classify.Score{Label: 1, Confidence: 1}, classify.Score{Label: 0, Confidence: 1})
		}
		r.Ends = append(r.Ends, int32(len(r.Scores)))
	}
	return &r
}

func occlude(t *testing.T, s *counting, most int, texts ...string) *classify.Explanations {
	t.Helper()
	var out classify.Explanations
	texts = append(texts, "without a label")
	if err := explain.Occlude(t.Context(), evalset.Array(texts...), both(len(texts)), 2, most, s.score, &out); err != nil {
		t.Fatal(err)
	}
	if out.Len() != len(texts) || len(out.Row(len(texts)-1)) != 0 {
		t.Fatalf("%d rows for %d texts, the last one %v", out.Len(), len(texts), out.Row(len(texts)-1))
	}
	return &out
}

func TestOcclude(t *testing.T) {
	out := occlude(t, new(counting), 2, "aab, x aaa", "", "b")
	want := []classify.Word{
		{Start: 0, End: 3, Label: 1, Weight: 1},
		{Start: 3, End: 4, Label: 1},
		{Start: 7, End: 10, Label: 0, Weight: 3},
		{Start: 0, End: 3, Label: 0, Weight: 2},
	}
	if diff := cmp.Diff(want, out.Row(0)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if len(out.Row(1)) != 0 {
		t.Errorf("an empty text has the words %v", out.Row(1))
	}
	if diff := cmp.Diff([]classify.Word{{Start: 0, End: 1, Label: 1, Weight: 1}, {Start: 0, End: 1, Label: 0}}, out.Row(2)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestOccludeManyWords: a text of more words is left out by runs of them, which cover it.
func TestOccludeManyWords(t *testing.T) {
	s := new(counting)
	text := strings.TrimSpace(strings.Repeat("a ", 100))
	words := occlude(t, s, 0, text).Row(0)
	if len(words) != 2*explain.MostParts || s.texts != 1+explain.MostParts {
		t.Errorf("%d weights of %d texts", len(words), s.texts)
	}
	sum := float32(0)
	for _, w := range words {
		sum += w.Weight
	}
	if sum != 100 {
		t.Errorf("the weights sum to %v, want 100", sum)
	}
}

// TestOccludeIsBounded: of a long text no more than its beginning is looked at, which ends with a whole character.
func TestOccludeIsBounded(t *testing.T) {
	s := new(counting)
	text := strings.Repeat("ä", explain.MostBytes)
	for _, w := range occlude(t, s, 0, "b"+text).Row(0) {
		if !utf8.ValidString(("b" + text)[w.Start:w.End]) {
			t.Errorf("%v cuts a character", w)
		}
	}
	if s.longest > explain.MostBytes {
		t.Errorf("a text of %d bytes was scored", s.longest)
	}
}

// TestOccludeBlocks: what is scored together has no part in the weights.
func TestOccludeBlocks(t *testing.T) {
	var texts []string
	for i := range 700 {
		texts = append(texts, strings.Repeat("a", i%5+1)+" b")
	}
	out := occlude(t, new(counting), 1, texts...)
	for i := range texts {
		want := []classify.Word{{Start: int32(i%5 + 2), End: int32(i%5 + 3), Label: 1, Weight: 1}, {End: int32(i%5 + 1), Label: 0, Weight: float32(i%5 + 1)}}
		if diff := cmp.Diff(want, out.Row(i)); diff != "" {
			t.Fatalf("row %d (-want +got)\n%s", i, diff)
		}
	}
}

func TestRelative(t *testing.T) {
	for _, c := range []struct{ in, want []float32 }{
		{nil, nil}, {[]float32{3}, []float32{3}}, {[]float32{3, 1}, []float32{2, -2}}, {[]float32{4, 1, 1}, []float32{3, -1.5, -1.5}},
	} {
		got := append([]float32(nil), c.in...)
		explain.Relative(got)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%v (-want +got)\n%s", c.in, diff)
		}
	}
}

func ExampleWords() {
	text := "Don't send 3.50 €, send\u00a0me “help”!"
	for _, s := range explain.Words(nil, text) {
		fmt.Printf("%s|", text[s.Start:s.End])
	}
	// Output: Don't|send|3.50|€|,|send|me|“|help|”|!|
}
