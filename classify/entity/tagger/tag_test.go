package tagger_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify/entity/tagger"
	"github.com/winnow-stream/winnow/test/race"
)

// checkSpans tags a text and holds the spans to what Tag promises.
func checkSpans(t *testing.T, m *tagger.Model, text string) {
	t.Helper()
	starts, ends := map[int32]bool{}, map[int32]bool{}
	for _, k := range tagger.Tokenize(nil, text) {
		starts[k.Start], ends[k.End] = true, true
	}
	end := int32(0)
	for _, s := range m.Find(nil, text) {
		if s.Start < end || !starts[s.Start] || !ends[s.End] || s.End <= s.Start || s.Type < 0 || int(s.Type) >= len(m.Types()) ||
			!(s.Confidence >= 0 && s.Confidence <= 1) {
			t.Fatalf("%q: span %+v behind %d", text, s, end)
		}
		end = s.End
	}
}

func TestTagAppends(t *testing.T) {
	m := smallModel(t)
	mark := tagger.Span{Start: 1, End: 2}
	got := m.Find([]tagger.Span{mark}, sentence)
	if len(got) != 3 || got[0] != mark {
		t.Errorf("want the span there was and two more, got %v", got)
	}
	if got := m.Find(nil, ""); got != nil {
		t.Errorf("an empty text has the spans %v", got)
	}
}

// TestTagDependsOnTheTextAlone tags texts in any order, from many goroutines, and texts so long that tokens are driven
// out of the cache.
func TestTagDependsOnTheTextAlone(t *testing.T) {
	m := smallModel(t)
	texts := []string{"", " ", sentence, strings.Repeat("Anna ", 2000), strings.Repeat("x", 1<<16), "\xff\xfe Anna \x00"}
	for _, e := range orders(300, 3) {
		texts = append(texts, e.Text)
	}
	var b strings.Builder
	for i := range 20000 {
		b.WriteString(strings.Repeat(string(rune('a'+i%26)), 1+i/26%7))
		b.WriteString([]string{" ", "-", ". ", " Rosa ", "\n"}[i%5])
	}
	texts = append(texts, b.String())
	want := make([][]tagger.Span, len(texts))
	for i, text := range texts {
		want[i] = m.Find(nil, text)
		checkSpans(t, m, text)
	}
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			for i := range texts {
				i = (i*7 + g*31) % len(texts)
				if diff := cmp.Diff(want[i], m.Find(nil, texts[i])); diff != "" {
					t.Errorf("%.60q (-first +again):\n%s", texts[i], diff)
				}
			}
		})
	}
	wait.Wait()
}

func TestTagAllocatesNothing(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector makes sync.Pool drop what is put back")
	}
	m := smallModel(t)
	var dst []tagger.Span
	text := strings.Repeat(sentence+" ", 20)
	dst = m.Find(dst[:0], text)
	if len(dst) < 20 {
		t.Fatalf("%d spans", len(dst))
	}
	if n := testing.AllocsPerRun(100, func() { dst = m.Find(dst[:0], text) }); n > 2 {
		t.Errorf("%v allocations a text", n)
	}
}

func TestConfidenceIsHighWhereThingsAreClear(t *testing.T) {
	m := smallModel(t)
	spans := m.Find(nil, "Anna Smith from Oslo wants 3 lamps.")
	if len(spans) != 2 || slices.ContainsFunc(spans, func(s tagger.Span) bool { return s.Confidence < 0.8 }) {
		t.Errorf("want two sure spans, got %+v", spans)
	}
}

func FuzzTag(f *testing.F) {
	m := smallModel(f)
	f.Add(sentence)
	f.Add("@anna: #StarWars :) http://x \xff 👩‍🚀 can't")
	f.Fuzz(func(t *testing.T, text string) { checkSpans(t, m, text) })
}
