package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/plugins/sdk"
)

// config is what plugin.yaml's schema allows.
type config struct {
	Words map[string][]string `json:"words"` // by label
}

// keywords gives a text the label of which it holds the most words.
type keywords struct {
	labels []string
	of     map[string]int32 // a word in lower case: its label
}

// open makes the classifier of a configuration.
func open(_ context.Context, t sdk.Task) (classify.Classifier, error) {
	var c config
	if err := t.Decode(&c); err != nil {
		return nil, err
	}
	k := &keywords{labels: slices.Sorted(maps.Keys(c.Words)), of: make(map[string]int32)}
	for i, label := range k.labels {
		for _, word := range c.Words[label] {
			word = strings.ToLower(word)
			if other, ok := k.of[word]; ok {
				return nil, fmt.Errorf("the word %q belongs to %s and to %s", word, k.labels[other], label)
			}
			k.of[word] = int32(i)
		}
	}
	return k, nil
}

// Info names the labels.
func (k *keywords) Info() classify.Info {
	return classify.Info{Version: "keywords", Labels: k.labels, Mode: classify.Single, Backend: "keywords"}
}

// Classify counts the words of each label. The confidence is the best label's share of the words that are of any.
func (k *keywords) Classify(_ context.Context, texts *array.String, out *classify.Results) error {
	out.Reset(texts.Len())
	counts := make([]int, len(k.labels))
	for row := range texts.Len() {
		if texts.IsNull(row) {
			out.Reason[row] = classify.NullText
			continue
		}
		clear(counts)
		all := 0
		for word := range strings.FieldsFuncSeq(texts.Value(row), func(r rune) bool { return !unicode.IsLetter(r) }) {
			out.Tokens[row]++
			if label, ok := k.of[strings.ToLower(word)]; ok {
				counts[label]++
				all++
			}
		}
		if all == 0 {
			out.Reason[row] = classify.NoKnownWords
			continue
		}
		best := slices.Index(counts, slices.Max(counts))
		out.Label[row], out.Confidence[row] = int32(best), classify.RoundConfidence(float64(counts[best])/float64(all))
	}
	return nil
}
