package keyphrase_test

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/keyphrase"
)

func TestBatch(t *testing.T) {
	f := newFinder(t, keyphrase.Config{Tags: 2})
	b := array.NewStringBuilder(memory.NewGoAllocator())
	b.AppendValues([]string{"the credit card was charged twice", "", "it is what it is", "1 2 3"}, []bool{true, false, true, true})
	var out classify.Keyphrases
	for range 2 { // reused
		if err := f.Keyphrases(t.Context(), b.NewStringArray(), &out); err != nil {
			t.Fatal(err)
		}
		b.AppendValues([]string{"the credit card was charged twice", "", "it is what it is", "1 2 3"}, []bool{true, false, true, true})
	}
	var tags keyphrase.Tags
	f.Find("the credit card was charged twice", &tags)
	row := out.Row(0)
	if len(row) == 0 || len(row) != len(tags.List) || row[0].Text != tags.List[0].Text || row[0].Score != tags.List[0].Score {
		t.Errorf("a batch gives %v, the text alone %v", row, tags.List)
	}
	if diff := cmp.Diff([]string{"", "no_text", "no_phrases", "no_words"}, out.Reasons); diff != "" {
		t.Error(diff)
	}
	if out.Len() != 4 || int(out.Ends[3]) != len(row) {
		t.Errorf("%d rows that end at %v", out.Len(), out.Ends)
	}
}

func TestVersion(t *testing.T) {
	version := func(cfg keyphrase.Config) string { return newFinder(t, cfg).Version() }
	same := version(keyphrase.Config{Exclude: []string{"a", "b"}})
	if other := version(keyphrase.Config{Tags: keyphrase.DefaultTags, Exclude: []string{"b", "a"}}); other != same {
		t.Errorf("%s and %s of the same config", same, other)
	}
	zero := 0.0
	for _, cfg := range []keyphrase.Config{{}, {Tags: 3, Exclude: []string{"a", "b"}}, {Words: 2, Exclude: []string{"a", "b"}}, {Diversity: &zero, Exclude: []string{"a", "b"}}} {
		if version(cfg) == same {
			t.Errorf("%+v has the version of another config", cfg)
		}
	}
}
