package redact

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/pipeline"
)

// keyphrases keeps the phrases that still stand in the redacted texts. A phrase may be a part of what is hidden, such as
// the name in an e-mail address, which the finder would not know by itself.
func (w *rewriter) keyphrases(texts arrow.Array, column *array.List) arrow.Array {
	last := -1
	var left string
	var moved place
	return pipeline.KeepKeyphrases(w.alloc, column, w.rows, func(row int, phrase string) bool {
		if row != last {
			moved.of(w.find, pipeline.TextAt(texts, row))
			left, last = spaced(string(moved.text)), row
		}
		return hasWords(left, spaced(phrase))
	})
}

// hasWords reports whether a text has a phrase as whole words.
func hasWords(text, phrase string) bool {
	for {
		at := strings.Index(text, phrase)
		if at < 0 || phrase == "" {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, size := utf8.DecodeRuneInString(text[at+len(phrase):])
		if !inWord(before) && !inWord(after) {
			return true
		}
		text = text[at+len(phrase)+size:]
	}
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// spaced has single spaces only, as phrases have.
func spaced(text string) string { return strings.Join(strings.Fields(text), " ") }
