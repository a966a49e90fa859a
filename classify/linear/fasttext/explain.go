package fasttext

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/explain"
)

// Explainer leaves out one word after the other, up to explain.MostParts of a text. It is nil for HierarchicalSoftmax, whose
// scores are not those of labels.
func (c *Classifier) Explainer() classify.Explainer {
	if c.cfg.Model.tree != nil {
		return nil
	}
	return explainer{c}
}

// explainer explains the answers of a classifier.
type explainer struct{ c *Classifier }

// Explain is that of classify.Explainer. It does not fail but by a context that ended.
func (e explainer) Explain(ctx context.Context, texts *array.String, answers *classify.Results, most int, out *classify.Explanations) error {
	return explain.Occlude(ctx, texts, answers, e.labels(), most, e.odds, out)
}

// labels is how many labels can be given.
func (e explainer) labels() int {
	if e.c.cfg.Labels != nil {
		return len(e.c.cfg.Labels)
	}
	return len(e.c.cfg.Model.labels)
}

// odds scores texts for explain.Occlude.
func (e explainer) odds(ctx context.Context, texts *array.String, scores []float32) error {
	b := e.c.scratch.Get().(*batch)
	defer e.c.scratch.Put(b)
	n := e.labels()
	for row := range texts.Len() {
		if err := ctx.Err(); err != nil {
			return err
		}
		e.logOdds(bytesOf(texts.Value(row)), scores[row*n:(row+1)*n], &b.Scratch)
	}
	return nil
}

// logOdds fills dst with the logarithms of the labels' odds for a text; zeros where no word of it is known.
func (e explainer) logOdds(text []byte, dst []float32, s *Scratch) {
	m := e.c.cfg.Model
	clear(dst)
	m.dict.Read(&s.line, text, 0)
	if s.line.Known == 0 {
		return
	}
	m.hide(&s.line, s)
	m.score(s)
	m.calibrate(s)
	for i, x := range s.scores[:len(m.labels)] {
		if to := e.c.name(int32(i)); to >= 0 {
			dst[to] = x
		}
	}
	if !m.args.Loss.independent() {
		explain.Relative(dst)
	}
}
