package head

import (
	"slices"
	"testing"
)

// grams are how many n-grams a text has, by view.
func grams(text string, sh shape) [views]int {
	var c cutter
	c.cut([]byte(text), &sh)
	return [views]int{len(c.grams[viewWord]), len(c.grams[viewChar])}
}

func TestCut(t *testing.T) {
	words := shape{Words: 1}
	for text, want := range map[string]int{
		"": 0, " \t\n": 0, "one": 1, "One two,three!": 5, "don't": 3, "Ärger über Öl": 3, "我还没": 3, "\xff\xfe": 0, "a\u00a0b": 2, "☃": 1, "r2d2 4711": 2,
	} {
		if got := grams(text, words); got[viewWord] != want || got[viewChar] != 0 {
			t.Errorf("%q has %v words, want %d", text, got, want)
		}
	}
	for _, c := range []struct {
		text string
		sh   shape
		want [views]int
	}{
		{"a b c d", shape{Words: 3}, [views]int{4 + 3 + 2, 0}},
		{"a b c d", shape{Words: 1, Pairs: 3}, [views]int{4 + 2 + 1, 0}},
		// " abc " and " d ": 2-grams 4+2, 3-grams 3+1.
		{"abc d", shape{Words: 1, CharLow: 2, CharTop: 3, Within: true}, [views]int{2, 10}},
		// " abc d ": 2-grams 6, 3-grams 5.
		{"abc d", shape{Words: 1, CharLow: 2, CharTop: 3}, [views]int{2, 11}},
	} {
		if got := grams(c.text, c.sh); got != c.want {
			t.Errorf("%q as %+v has %v n-grams, want %v", c.text, c.sh, got, c.want)
		}
	}
}

// TestCutAlike: case and white space make no difference, order does.
func TestCutAlike(t *testing.T) {
	cut := func(text string) [views][]uint32 {
		var c cutter
		c.cut([]byte(text), &rich)
		return c.grams
	}
	a := cut("Where is MY card?")
	for text, same := range map[string]bool{"  where is\tmy card ?": true, "is where my card?": false} {
		b := cut(text)
		if got := slices.Equal(a[viewWord], b[viewWord]) && slices.Equal(a[viewChar], b[viewChar]); got != same {
			t.Errorf("%q is cut alike: %v, want %v", text, got, same)
		}
	}
}

func FuzzCut(f *testing.F) {
	f.Add("Where is my card?")
	f.Add("\xff我a\u0300☃")
	f.Fuzz(func(t *testing.T, text string) {
		var c cutter
		for _, sh := range []shape{rich, lean, {Words: 8, Pairs: 8, CharTop: 8}} {
			c.cut([]byte(text), &sh)
			for k := range views {
				for _, h := range c.grams[k] {
					if h >= buckets {
						t.Fatalf("bucket %d", h)
					}
				}
			}
		}
	})
}
