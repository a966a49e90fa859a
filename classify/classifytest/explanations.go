package classifytest

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
)

// explainedBytes is the longest text whose answer is explained: an encoder answers one text more for each word.
const explainedBytes = 200

// explanations: words of the text, for the labels that were given, heaviest first, the same alone and in any batch.
func explanations(t *testing.T, c classify.Classifier) {
	x := classify.ExplainerOf(c)
	if x == nil {
		t.Skip("it explains nothing")
	}
	all := []string{""}
	valid := []bool{false}
	for _, text := range texts {
		if len(text) <= explainedBytes {
			all, valid = append(all, text), append(valid, true)
		}
	}
	whole := explained(t, c, x, build(all, valid), 0)
	few := explained(t, c, x, build(all, valid), 2)
	for i, words := range whole {
		heaviest(t, words)
		if diff := cmp.Diff(first(words, 2), few[i]); diff != "" {
			t.Errorf("two words a label are not the first two (-want +got)\n%s", diff)
		}
		if diff := cmp.Diff(whole[i:i+1], explained(t, c, x, build(all[i:i+1], valid[i:i+1]), 0)); diff != "" {
			t.Errorf("%q is explained differently alone (-batch +alone)\n%s", all[i], diff)
		}
	}
	slice := array.NewSlice(build(all, valid), 1, 4).(*array.String)
	defer slice.Release()
	if diff := cmp.Diff(whole[1:4], explained(t, c, x, slice, 0)); diff != "" {
		t.Errorf("a part of the batch is explained differently (-whole +part)\n%s", diff)
	}
}

// explained answers and explains a batch, and holds each word to the text and the answer.
func explained(t *testing.T, c classify.Classifier, x classify.Explainer, batch *array.String, most int) [][]classify.Word {
	t.Helper()
	var out classify.Results
	if err := c.Classify(t.Context(), batch, &out); err != nil {
		t.Fatal(err)
	}
	why := classify.Explanations{Words: make([]classify.Word, 3), Ends: []int32{1, 3}} // of an earlier batch
	if err := x.Explain(t.Context(), batch, &out, most, &why); err != nil {
		t.Fatal(err)
	}
	if why.Len() != batch.Len() {
		t.Fatalf("%d texts gave %d explanations", batch.Len(), why.Len())
	}
	rows := make([][]classify.Word, batch.Len())
	for i := range rows {
		rows[i] = append([]classify.Word(nil), why.Row(i)...)
		labels := out.Given(nil, i)
		for k, w := range rows[i] {
			if err := fits(w, batch.Value(i), labels); err != nil {
				t.Errorf("word %d of %q: %v", k, batch.Value(i), err)
			}
		}
		order := slices.IsSortedFunc(rows[i], func(a, b classify.Word) int { return slices.Index(labels, a.Label) - slices.Index(labels, b.Label) })
		if !order {
			t.Errorf("%q: the words are not in the order of the labels %v: %v", batch.Value(i), labels, rows[i])
		}
		if len(labels) > 0 && len(rows[i]) == 0 {
			t.Errorf("%q has a label, and no word of it weighs anything", batch.Value(i))
		}
	}
	return rows
}

func fits(w classify.Word, text string, labels []int32) error {
	switch {
	case w.Start < 0 || w.End <= w.Start || int(w.End) > len(text):
		return fmt.Errorf("[%d, %d) of %d bytes", w.Start, w.End, len(text))
	case !utf8.RuneStart(text[w.Start]) || int(w.End) < len(text) && !utf8.RuneStart(text[w.End]):
		return fmt.Errorf("[%d, %d) cuts a character", w.Start, w.End)
	case !slices.Contains(labels, w.Label):
		return fmt.Errorf("label %d was not given: %v", w.Label, labels)
	case math.IsNaN(float64(w.Weight)) || math.IsInf(float64(w.Weight), 0):
		return fmt.Errorf("weight %v", w.Weight)
	}
	return nil
}

// heaviest: the words of a label are there once each, by falling weight.
func heaviest(t *testing.T, words []classify.Word) {
	t.Helper()
	for i := 1; i < len(words); i++ {
		a, b := words[i-1], words[i]
		if a.Label == b.Label && math.Abs(float64(a.Weight)) < math.Abs(float64(b.Weight)) {
			t.Errorf("%v stands behind %v", b, a)
		}
	}
}

// first are the first so many words of each label.
func first(words []classify.Word, most int) []classify.Word {
	var out []classify.Word
	count := map[int32]int{}
	for _, w := range words {
		if count[w.Label]++; count[w.Label] <= most {
			out = append(out, w)
		}
	}
	return out
}
