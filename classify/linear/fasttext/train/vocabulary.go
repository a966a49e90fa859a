package train

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/classify/linear/fasttext"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/dictionary"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// maxVocabulary bounds the words that are counted at once. When there are more, those seen least often are forgotten, as
// in fastText, which takes 22 million.
const maxVocabulary = 8 << 20

// checkEvery is after how many examples a context is looked at.
const checkEvery = 256

// counter counts words in the order in which they are first seen.
type counter struct {
	index   map[string]int32
	entries []dictionary.Entry
	floor   int64 // words seen less often were forgotten
}

func newCounter() counter { return counter{index: make(map[string]int32), floor: 1} }

func (c *counter) add(word []byte, n int64) {
	if i, ok := c.index[string(word)]; ok {
		c.entries[i].Count += n
		return
	}
	s := string(word)
	c.index[s] = int32(len(c.entries))
	c.entries = append(c.entries, dictionary.Entry{Text: s, Count: n})
	if len(c.entries) > maxVocabulary {
		c.floor++
		c.forget(c.floor)
	}
}

// forget drops words that were seen less than floor times.
func (c *counter) forget(floor int64) {
	c.entries = slices.DeleteFunc(c.entries, func(e dictionary.Entry) bool { return e.Count < floor })
	clear(c.index)
	for i := range c.entries {
		c.index[c.entries[i].Text] = int32(i)
	}
}

// sorted are the words seen at least so many times, from the most to the least frequent, then as they were first seen.
func (c *counter) sorted(least int) []dictionary.Entry {
	c.forget(int64(least))
	slices.SortStableFunc(c.entries, func(a, b dictionary.Entry) int { return cmp.Compare(b.Count, a.Count) })
	return c.entries
}

// vocabulary is what the first reading finds.
type vocabulary struct {
	words  counter
	labels counter           // as fastText writes them
	names  map[string]string // written label → as its users have it
	known  map[string][]byte // and back, so that each is written once
	tokens int64
}

// count reads all examples.
func count(ctx context.Context, examples Examples) (*vocabulary, error) {
	v := &vocabulary{newCounter(), newCounter(), map[string]string{}, map[string][]byte{}, 0}
	n := 0
	for e, err := range examples {
		if err != nil {
			return nil, err
		}
		if n++; n%checkEvery == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for _, l := range e.Labels {
			if err := v.label(l); err != nil {
				return nil, err
			}
		}
		v.text(e.Text)
	}
	return v, ctx.Err()
}

func (v *vocabulary) label(name string) error {
	written, ok := v.known[name]
	if !ok {
		if strings.Trim(name, " \t\r\n\v\f\x00") == "" {
			return fault.New(fault.LabelsBlank, "an example has an empty label")
		}
		written = []byte(fasttext.Written(name))
		if other, taken := v.names[string(written)]; taken {
			return fault.New(fault.LabelsDuplicate, "fastText writes both %q and %q as %s", other, name, written)
		}
		v.known[name], v.names[string(written)] = written, name
	}
	v.labels.add(written, 1)
	v.tokens++
	return nil
}

func (v *vocabulary) text(text string) {
	b := bytesOf(text)
	for {
		word, rest := dictionary.Word(b)
		if word == nil {
			word, rest = []byte(dictionary.EOS), nil
		}
		b = rest
		v.tokens++
		if !dictionary.Label(word) {
			v.words.add(word, 1)
		}
		if string(word) == dictionary.EOS {
			return
		}
	}
}

// written are the labels' names by the order of entries; nil when they are what fastText reads from its file.
func (v *vocabulary) written(labels []dictionary.Entry) []string {
	plain, names := true, make([]string, len(labels))
	for i, l := range labels {
		names[i] = v.names[l.Text]
		plain = plain && names[i] == strings.TrimPrefix(l.Text, dictionary.LabelPrefix)
	}
	if plain {
		return nil
	}
	return names
}
