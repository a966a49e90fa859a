package tagger_test

import (
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/classify/entity/tagger"
)

// BenchmarkTag tags the test part of WNUT-17 by a model of its training part, few iterations of which give weights to as
// many features as many.
func BenchmarkTag(b *testing.B) {
	m, _ := train(b, tagger.Config{Iterations: 10, Folds: 2}, loadSet(b, "wnut17", "train"))
	examples := loadSet(b, "wnut17", "test")
	size := 0
	for _, e := range examples {
		size += len(e.Text)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	var dst []tagger.Span
	for b.Loop() {
		for _, e := range examples {
			dst = m.Find(dst[:0], e.Text)
		}
	}
}

func BenchmarkTokenize(b *testing.B) {
	text := strings.Repeat(sentence+" It's @anna, #ok http://example.org/x :) 4:30 Zoë… ", 20)
	b.SetBytes(int64(len(text)))
	var tokens []tagger.Token
	for b.Loop() {
		tokens = tagger.Tokenize(tokens[:0], text)
	}
}
