package head

import (
	"context"

	"github.com/winnow-stream/winnow/classify/static"
)

// features chooses the n-grams and turns all texts into rows.
func (t *trainer) features(ctx context.Context) error {
	t.progress(Progress{Stage: "features"})
	texts := t.data.texts
	sh := shape{Words: 3, Pairs: 3, CharLow: 2, CharTop: 5, Within: true}
	counted := newCounter()
	for i, text := range texts {
		if i%blockRows == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		counted.add([]byte(text), &sh)
	}
	t.vocabulary = counted.vocabulary(sh, leastTexts(len(texts)))
	dim := t.cfg.Table.Dim()
	if len(texts) > maxVectors {
		dim = 0
	}
	t.rows = newRows(len(texts), dim)
	type both struct {
		w *weigher
		e *static.Embedder
	}
	scratch := func() both { return both{newWeigher(t.vocabulary), t.cfg.Table.Embedder()} }
	return each(ctx, t.cfg.Workers, len(t.rows.blocks), scratch, func(s both, k int) {
		t.rows.fill(k, func(row int) string { return texts[row] }, s.w, s.e)
	})
}

// leastTexts is in how many texts an n-gram must be to be known.
func leastTexts(texts int) [views]uint32 {
	if texts < 3000 {
		return [views]uint32{1, 1}
	}
	return [views]uint32{2, 2}
}
