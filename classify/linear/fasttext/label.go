package fasttext

import (
	"strings"

	"github.com/winnow-stream/winnow/classify/linear/fasttext/dictionary"
)

// Written is a label as fastText's files have it: with its prefix, and with _ for each byte that separates words. A label
// that has the prefix already is left as it is, but for such bytes.
func Written(label string) string {
	b := []byte(label)
	for i, c := range b {
		if dictionary.Blank(c) {
			b[i] = '_'
		}
	}
	if s := string(b); strings.HasPrefix(s, dictionary.LabelPrefix) {
		return s
	}
	return dictionary.LabelPrefix + string(b)
}
