package encoder

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/explain"
)

// Explain leaves out one word after the other, up to explain.MostParts of a text: so it encodes as many texts as there are
// words. It does not fail but by a context that ended.
func (c *Classifier) Explain(ctx context.Context, texts *array.String, answers *classify.Results, most int, out *classify.Explanations) error {
	return explain.Occlude(ctx, texts, answers, c.set.Labels(), most, c.odds, out)
}

// odds scores texts for explain.Occlude.
func (c *Classifier) odds(ctx context.Context, texts *array.String, scores []float32) error {
	s := c.scratch.Get().(*answering)
	defer c.scratch.Put(s)
	if err := c.encoder.encode(ctx, texts, 0, texts.Len(), &s.vectors); err != nil {
		return err
	}
	n := c.set.Labels()
	for i := range texts.Len() {
		c.set.Odds(fixed(s.vector, &s.vectors, i), scores[i*n:(i+1)*n], s.answer)
	}
	return nil
}

var _ classify.Explainer = (*Classifier)(nil)
