package keyphrase

import (
	"math/rand/v2"
	"testing"
)

// TestTableBound: however many phrases there are, the table stays bounded, and what is frequent stays in it.
func TestTableBound(t *testing.T) {
	var tab table
	r := rand.New(rand.NewPCG(1, 2))
	tab.reset()
	for i := range 1 << 20 {
		tab.add(entry{form: r.Uint64(), count: 1, start: head + 1, words: 1})
		if i%100 == 0 {
			tab.add(entry{form: 42 << 32, count: 1, start: head + 1, words: 1})
		}
		if tab.used > maxPhrases+1 || len(tab.slots) > 2*maxPhrases {
			t.Fatalf("%d phrases in %d slots", tab.used, len(tab.slots))
		}
	}
	for _, e := range tab.slots {
		if e.form == 42<<32 {
			if e.count < 10400 {
				t.Errorf("the frequent phrase has %d occurrences", e.count)
			}
			return
		}
	}
	t.Error("the frequent phrase is gone")
}

// TestTableFull: a table of phrases that are all frequent takes nothing new, and does not grow for it.
func TestTableFull(t *testing.T) {
	var tab table
	tab.reset()
	for form := range uint64(maxPhrases + 10) {
		tab.add(entry{form: form << 20, count: 300, start: head + 1, words: 1})
	}
	if !tab.full || tab.used != maxPhrases+1 || len(tab.slots) != 2*maxPhrases {
		t.Errorf("full %v, %d phrases in %d slots", tab.full, tab.used, len(tab.slots))
	}
}

func TestSingular(t *testing.T) {
	for word, want := range map[string]string{
		"cards": "card", "batteries": "battery", "boxes": "box", "classes": "class", "class": "class", "status": "status", "analysis": "analysis",
		"batches": "batch", "hashes": "hash", "pies": "pie", "series": "sery", "types": "type", "bus": "bus", "houses": "house", "movies": "movy",
	} {
		if got := string(singular([]byte(word))); got != want {
			t.Errorf("%s became %s, want %s", word, got, want)
		}
	}
}
