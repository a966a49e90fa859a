package wire

import (
	"cmp"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// explainWords is how many words explain a label where nothing else is asked for.
const explainWords = 5

// explained is how many words explain a label; 0 where nothing is to be explained.
func explained(k *spec.Classify, c classify.Classifier) (int, error) {
	if !k.Explain {
		return 0, nil
	}
	if classify.ExplainerOf(c) == nil {
		return 0, fault.New(fault.ExplainUnsupported, "%s does not say which words moved its scores", c.Info().Version)
	}
	return cmp.Or(k.ExplainWords, explainWords), nil
}

// answersAt are the labels of a row with the words that explain them; one without a name where the row has none, and nil
// where nothing is explained.
func answersAt(results arrow.RecordBatch, row int) []term.Answer {
	for _, c := range results.Columns() {
		if pipeline.IsExplanation(c.DataType()) {
			return labelled(results, row, pipeline.Reasons(c.(*array.List), row))
		}
	}
	return nil
}

// labelled gives the words to the labels of a row: the first result, or where the words name labels, those of the third,
// which lists them.
func labelled(results arrow.RecordBatch, row int, words []pipeline.Reason) []term.Answer {
	label, confidence := results.Column(0).(*array.Dictionary), results.Column(1).(*array.Float32)
	if label.IsNull(row) {
		return []term.Answer{{}}
	}
	list, ok := results.Column(2).(*array.List)
	if !ok {
		return []term.Answer{{Label: nameAt(label, row), Confidence: confidence.Value(row), Words: words}}
	}
	item := list.ListValues().(*array.Struct)
	var answers []term.Answer
	from, to := list.ValueOffsets(row)
	for i := int(from); i < int(to); i++ {
		a := term.Answer{Label: nameAt(item.Field(0).(*array.Dictionary), i), Confidence: item.Field(1).(*array.Float32).Value(i)}
		for _, w := range words {
			if w.Label == a.Label {
				a.Words = append(a.Words, w)
			}
		}
		answers = append(answers, a)
	}
	return answers
}

func nameAt(labels *array.Dictionary, i int) string {
	return labels.Dictionary().(*array.String).Value(labels.GetValueIndex(i))
}
