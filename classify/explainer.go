package classify

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow/array"
)

// Explainer is the capability of a classifier to say which words of a text moved the scores of the labels that it gave.
// ExplainerOf finds it.
//
// The engine calls Explain from several goroutines at once, each with its own out. Texts and answers belong to the caller;
// answers are those of the same classifier to the same texts, and are not changed. An error is about the call as a whole.
type Explainer interface {
	// Explain fills out with the words that moved each of the labels that a text was given (Results.Given): at most so many
	// a label, those of the largest weights; 0 is all of them.
	Explain(ctx context.Context, texts *array.String, answers *Results, most int, out *Explanations) error
}

// Word is a part of a text with what it did for a label.
type Word struct {
	// Start and End are offsets in bytes, on the boundaries of code points.
	Start, End int32
	// Label is an index into Info.Labels.
	Label int32
	// Weight is by how much the word raised the logarithm of the label's odds, or lowered it where it is negative: in single
	// mode of the odds against the other labels' geometric mean, else of those that the label applies.
	Weight float32
}

// Explanations are the words of one batch's texts, reused from batch to batch: an explainer calls Reset, appends the words
// of a row to Words and ends each row by End. The words of a label stand together, largest weight first, in the order of
// the row's labels. The caller owns it; it is not safe for concurrent use.
type Explanations struct {
	// Words of row i are Words[Ends[i-1]:Ends[i]].
	Words []Word
	Ends  []int32
}

// Reset takes everything out.
func (e *Explanations) Reset() { e.Words, e.Ends = e.Words[:0], e.Ends[:0] }

// End ends a row.
func (e *Explanations) End() { e.Ends = append(e.Ends, int32(len(e.Words))) }

// Len is the number of rows.
func (e *Explanations) Len() int { return len(e.Ends) }

// Row returns the words of a row.
func (e *Explanations) Row(i int) []Word {
	var start int32
	if i > 0 {
		start = e.Ends[i-1]
	}
	return e.Words[start:e.Ends[i]]
}

// ExplainerOf is the explainer of a classifier: the classifier itself, that of the one that it wraps (Unwrap), or the one
// that it makes (Explainer) where that depends on how it was configured. It is nil where there is none.
func ExplainerOf(c Classifier) Explainer {
	switch c := c.(type) {
	case Explainer:
		return c
	case interface{ Explainer() Explainer }:
		return c.Explainer()
	case interface{ Unwrap() Classifier }:
		return ExplainerOf(c.Unwrap())
	default:
		return nil
	}
}
