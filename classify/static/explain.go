package static

import (
	"context"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/explain"
	"github.com/winnow-stream/winnow/classify/static/kernel"
)

// Explain gives each word its exact part: a text's vector is the scaled sum of its tokens' rows, and a label's score is
// linear in that vector, so the weights of all words sum to the score. Where the tokenizer reads several words as one, such
// as those of two scripts without a space between them, they have one weight. It does not fail but by a context that ended.
func (c *Classifier) Explain(ctx context.Context, texts *array.String, answers *classify.Results, most int, out *classify.Explanations) error {
	out.Reset()
	e := &explaining{classifier: c, scratch: newScratch(c.table.rows.Dim()), directions: map[int32][]float64{}}
	for row := range texts.Len() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if e.given = answers.Given(e.given[:0], row); len(e.given) > 0 {
			e.row(texts.Value(row), most, out)
		}
		out.End()
	}
	return nil
}

// explaining is what one call of Explain needs.
type explaining struct {
	classifier *Classifier
	*scratch
	directions map[int32][]float64 // of labels that were asked for
	given      []int32             // labels of the text at hand
	units      []unit              // of the text at hand
	segments   []explain.Span
	apart      []uint32  // tokens of a stretch, word by word
	sums       []float64 // units × given: dot products of the units' sums with the labels' directions
	total      []float64 // of the units' sums
}

// unit is a word with its tokens, which end there in scratch.ids.
type unit struct {
	explain.Span
	end int
}

// row explains the given labels of a text.
func (e *explaining) row(text string, most int, out *classify.Explanations) {
	e.cut(text)
	e.total = slices.Grow(e.total[:0], len(e.acc))[:len(e.acc)]
	clear(e.total)
	e.sums = e.sums[:0]
	first := 0
	for _, u := range e.units {
		e.unit(e.ids[first:u.end])
		first = u.end
	}
	var squares float64
	for _, x := range e.total {
		squares += x * x
	}
	if squares == 0 {
		return
	}
	length := math.Sqrt(squares)
	for l, label := range e.given {
		start := len(out.Words)
		for i, u := range e.units {
			out.Words = append(out.Words, classify.Word{
				Start: u.Start, End: u.End, Label: label, Weight: float32(e.sums[i*len(e.given)+l] / length),
			})
		}
		out.Words = append(out.Words[:start], explain.Strongest(out.Words[start:], most)...)
	}
}

// unit adds up the rows of a word's tokens.
func (e *explaining) unit(ids []uint32) {
	sums := len(e.sums)
	e.sums = append(e.sums, make([]float64, len(e.given))...)
	for len(ids) > 0 {
		n := min(len(ids), kernel.MaxTokens)
		e.classifier.table.rows.Sum(e.acc, ids[:n])
		ids = ids[n:]
		for d, x := range e.acc {
			e.total[d] += float64(x)
		}
		for l, label := range e.given {
			for d, x := range e.direction(label) {
				e.sums[sums+l] += x * float64(e.acc[d])
			}
		}
	}
}

func (e *explaining) direction(label int32) []float64 {
	v, ok := e.directions[label]
	if !ok {
		v = make([]float64, len(e.acc))
		e.classifier.set.Direction(label, v)
		e.directions[label] = v
	}
	return v
}

// cut fills units with the words of a text, and ids with their tokens, which are those of the text.
func (e *explaining) cut(text string) {
	e.units, e.ids = e.units[:0], e.ids[:0]
	for at := 0; at < len(text); {
		start := at
		for at < len(text) && !isSpace(text[at]) {
			at++
		}
		if at > start {
			e.stretch(text[start:at], int32(start))
		}
		at++
	}
}

// isSpace holds for what the tokenizer ends every word at.
func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// stretch adds the words of a text without spaces: one by one if that gives the same tokens, else together.
func (e *explaining) stretch(text string, at int32) {
	tokens := e.classifier.table.tokens
	first, units := len(e.ids), len(e.units)
	e.ids = tokens.Tokenize(e.ids, bytesOf(text), &e.words)
	e.segments, e.apart = explain.Words(e.segments[:0], text), e.apart[:0]
	for _, s := range e.segments {
		e.apart = tokens.Tokenize(e.apart, bytesOf(text[s.Start:s.End]), &e.words)
		e.units = append(e.units, unit{explain.Span{Start: at + s.Start, End: at + s.End}, first + len(e.apart)})
	}
	if !slices.Equal(e.apart, e.ids[first:]) {
		e.units = append(e.units[:units], unit{explain.Span{Start: at, End: at + int32(len(text))}, len(e.ids)})
	}
}

var _ classify.Explainer = (*Classifier)(nil)
