package head

import "context"

// features chooses the n-grams and turns all texts into rows.
func (t *trainer) features(ctx context.Context) error {
	t.progress(Progress{Stage: "features"})
	texts, bytes := t.data.texts, 0
	for _, text := range texts {
		bytes += len(text)
	}
	sh := rich
	switch {
	case bytes > richText:
		sh = lean
	case t.few():
		sh = plain
	}
	counted := newCounter()
	for i, text := range texts {
		if i%blockRows == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		counted.add([]byte(text), &sh)
	}
	t.vocabulary = counted.vocabulary(sh, leastTexts(len(texts)))
	dim := t.cfg.Space.Dim
	if len(texts) > maxVectors && !t.cfg.Space.Required {
		dim = 0
	}
	t.rows = newRows(len(texts), dim)
	scratch := func() *filler { return &filler{weigher: newWeigher(t.vocabulary), embed: t.cfg.Space.NewEmbedder()} }
	return each(ctx, t.cfg.Workers, len(t.rows.blocks), scratch, func(f *filler, k int) {
		t.rows.fill(ctx, k, texts, f)
	})
}

// The n-grams that are looked at. Measured by cross-validation on five sets with all their examples, word n-grams up to 3
// and pairs of words add 0.1 points to those up to 2, character n-grams within words do as well as those across them,
// but lose 0.1 with 8 examples a label. The lean form has a third of the numbers, for where texts are many.
var (
	rich  = shape{Words: 3, Pairs: 3, CharLow: 2, CharTop: 5, Within: true}
	plain = shape{Words: 2, CharLow: 2, CharTop: 5, Within: true}
	lean  = shape{Words: 2, CharLow: 4, CharTop: 4, Within: true}
)

// richText is up to how many bytes of text the rich form is taken: about 300 MB of numbers.
const richText = 24 << 20

// leastTexts is in how many texts an n-gram must be to be known.
func leastTexts(texts int) [views]uint32 {
	if texts < 3000 {
		return [views]uint32{1, 1}
	}
	return [views]uint32{2, 2}
}
