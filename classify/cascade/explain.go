package cascade

import (
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
)

// Explainer explains each answer by the stage that gave it. It is nil where a stage can't explain its own.
func (c *Classifier) Explainer() classify.Explainer {
	e := &explainer{c: c}
	for i := range c.stages {
		x := classify.ExplainerOf(c.stages[i].classifier)
		if x == nil {
			return nil
		}
		e.stages = append(e.stages, x)
	}
	return e
}

// explainer asks the stages again, since an answer does not say which of them gave it. What that takes is not counted.
type explainer struct {
	c      *Classifier
	stages []classify.Explainer
}

// explained is what a stage was asked, and answered.
type explained struct {
	texts   *array.String
	answers classify.Results
	why     classify.Explanations
}

// Explain is that of classify.Explainer. A stage that can't be asked again is an error, whatever OnError says.
func (e *explainer) Explain(ctx context.Context, texts *array.String, answers *classify.Results, most int, out *classify.Explanations) error {
	stage, local, asked, err := e.ask(ctx, texts, answers)
	if err != nil {
		return err
	}
	for k := range asked {
		a := &asked[k]
		for i := range a.texts.Len() {
			a.answers.Reason[i] = classify.Abstained // unless its answer stands
		}
		for row, i := range local {
			if i >= 0 && int(stage[row]) == k {
				a.answers.Reason[i] = classify.Labelled
			}
		}
		if err := e.stages[k].Explain(ctx, a.texts, &a.answers, most, &a.why); err != nil {
			return err
		}
	}
	out.Reset()
	var given []int32
	for row, i := range local {
		if i >= 0 {
			given = answers.Given(given[:0], row)
			for _, w := range asked[stage[row]].why.Row(int(i)) {
				w.Label = e.c.stages[stage[row]].label(w.Label)
				if slices.Contains(given, w.Label) { // a stage may list more labels than the cascade does
					out.Words = append(out.Words, w)
				}
			}
		}
		out.End()
	}
	return nil
}

// ask finds for each row that has a label the stage whose answer that is, and its row there; -1: there is no label.
func (e *explainer) ask(ctx context.Context, texts *array.String, answers *classify.Results) (stage []uint8, local []int32, asked []explained, err error) {
	c := e.c
	stage, local, asked = make([]uint8, texts.Len()), make([]int32, texts.Len()), make([]explained, len(c.stages))
	var rows, given []int32
	for row := range local {
		local[row] = -1
		if given = answers.Given(given[:0], row); len(given) > 0 {
			rows = append(rows, int32(row))
		}
	}
	for k := range asked {
		a := &asked[k]
		a.texts = new(gatherer).gather(texts, rows)
		if err := c.stages[k].classifier.Classify(ctx, a.texts, &a.answers); err != nil {
			return nil, nil, nil, err
		}
		if err := check(&a.answers, len(rows), len(c.info.Labels)); err != nil {
			return nil, nil, nil, err
		}
		on := rows[:0]
		for i, row := range rows {
			if a.answers.Label[i] >= 0 && a.answers.Reason[i] == classify.Labelled {
				stage[row], local[row] = uint8(k), int32(i)
			}
			if c.unsure(k, &a.answers, i) {
				on = append(on, row)
			}
		}
		rows = on
	}
	return stage, local, asked, nil
}
