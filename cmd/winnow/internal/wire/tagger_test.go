package wire

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify/entity"
	"github.com/winnow-stream/winnow/classify/entity/tagger"
)

// TestUnwantedSpansDontCompete looks for addresses beside a tagger whose spans go across them.
func TestUnwantedSpansDontCompete(t *testing.T) {
	line := `{"text":"write to ann@example.com today","spans":[{"start":0,"end":30,"type":"request"}]}` + "\n"
	m, _, err := tagger.Train(t.Context(), tagger.Config{}, tagger.Read("lines", strings.NewReader(strings.Repeat(line, 8))), nil)
	if err != nil {
		t.Fatal(err)
	}
	const text = "write to ann@example.com today"
	found := &entities{tagger: m}
	for _, c := range []struct {
		types []string
		want  []string
	}{
		{[]string{"email"}, []string{"ann@example.com"}},
		{nil, []string{text}},
		{[]string{"request"}, []string{text}},
	} {
		x, err := found.extractor(c.types, false)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range x.Find([]entity.Span{}, text) {
			got = append(got, text[s.Start:s.End])
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%v (-want +got):\n%s", c.types, d)
		}
	}
}
