package head

import (
	"cmp"
	"context"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/explain"
)

// Explain leaves out one word after the other, up to explain.MostParts of a text: n-grams run over words, and the length of
// all of them scales each, so there is no sum over words to be read off. It does not fail but by a context that ended.
func (m *Model) Explain(ctx context.Context, texts *array.String, answers *classify.Results, most int, out *classify.Explanations) error {
	return explain.Occlude(ctx, texts, answers, len(m.labels), most, m.odds, out)
}

// odds scores texts for explain.Occlude.
func (m *Model) odds(ctx context.Context, texts *array.String, scores []float32) error {
	q := m.scratch.Get().(*query)
	defer m.scratch.Put(q)
	for first := 0; first < texts.Len(); first += blockTexts {
		end := min(first+blockTexts, texts.Len())
		if err := cmp.Or(ctx.Err(), q.embed.Embed(ctx, texts, first, end)); err != nil {
			return err
		}
		for row := first; row < end; row++ {
			vector, _ := q.embed.Vector(row - first)
			q.weigher.weigh(bytesOf(texts.Value(row)))
			m.score(vector, q)
			m.logOdds(q, scores[row*len(m.labels):][:len(m.labels)])
		}
	}
	return nil
}

// logOdds makes logarithms of odds of q.margins.
func (m *Model) logOdds(q *query, dst []float32) {
	if m.mode == classify.Multi {
		for l, v := range q.margins {
			dst[l] = float32(m.cal.Slopes[l])*v + float32(m.cal.Offsets[l])
		}
		return
	}
	factor := float32(m.cal.Inverse(q.margins[best(q.margins)]))
	for l, v := range q.margins {
		dst[l] = v * factor
	}
	explain.Relative(dst)
}

var _ classify.Explainer = (*Model)(nil)
