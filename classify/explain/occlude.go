package explain

import (
	"context"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/classify"
)

const (
	// MostParts is how many parts of a text are left out in turn, at most. Where a text has more words, a part is as many
	// neighbouring ones as it takes.
	MostParts = 64
	// MostBytes is how much of a text is looked at: of a longer one its beginning.
	MostBytes = 4 << 10
	// blockTexts is how many texts are scored together, or more by the parts of one text, and blockBytes ends a block early.
	blockTexts, blockBytes = 512, 1 << 20
)

// Scorer fills scores (texts × labels, row-major) with the logarithms of the labels' odds for each text; the texts are valid
// during the call.
type Scorer func(ctx context.Context, texts *array.String, scores []float32) error

// Occlude explains answers by leaving out each part of a text in turn: a part's weight is how far the label's score falls
// without it. The scorer gets the texts and what is left of them in blocks. It is the Explain of backends whose scores are
// no sums over words; labels is how many a scorer scores.
func Occlude(ctx context.Context, texts *array.String, answers *classify.Results, labels, most int, score Scorer, out *classify.Explanations) error {
	out.Reset()
	o := &occlusion{labels: labels, most: most, score: score, out: out, builder: array.NewStringBuilder(memory.DefaultAllocator)}
	defer o.builder.Release()
	for row := range texts.Len() {
		o.add(texts, answers, row)
		if o.builder.Len() >= blockTexts || o.bytes >= blockBytes {
			if err := o.flush(ctx); err != nil {
				return err
			}
		}
	}
	return o.flush(ctx)
}

// occlusion is a block of texts without their parts.
type occlusion struct {
	labels, most int
	score        Scorer
	out          *classify.Explanations
	builder      *array.StringBuilder // for each row of the block that has labels, its text, then that without each part
	bytes        int
	rows         []occluded
	given        []int32
	parts        []Span
	scores       []float32
}

// occluded is a row of the block: how many labels it has, and how many parts.
type occluded struct{ labels, parts int }

// add puts a row into the block.
func (o *occlusion) add(texts *array.String, answers *classify.Results, row int) {
	before := len(o.given)
	o.given = answers.Given(o.given, row)
	r := occluded{labels: len(o.given) - before}
	if r.labels > 0 {
		text := beginning(texts.Value(row))
		first := len(o.parts)
		o.parts = parts(o.parts, text)
		r.parts = len(o.parts) - first
		o.put(text, "")
		for _, p := range o.parts[first:] {
			o.put(text[:p.Start], text[p.End:])
		}
	}
	o.rows = append(o.rows, r)
}

func (o *occlusion) put(head, tail string) {
	o.bytes += len(head) + len(tail)
	o.builder.Append(head + tail)
}

// flush scores the block and ends its rows.
func (o *occlusion) flush(ctx context.Context) error {
	texts := o.builder.NewStringArray()
	defer texts.Release()
	if n := texts.Len() * o.labels; cap(o.scores) < n {
		o.scores = make([]float32, n)
	} else {
		o.scores = o.scores[:n]
	}
	if texts.Len() > 0 {
		if err := o.score(ctx, texts, o.scores); err != nil {
			return err
		}
	}
	given, spans, scores := o.given, o.parts, o.scores
	for _, r := range o.rows {
		for _, label := range given[:r.labels] {
			start := len(o.out.Words)
			for i, p := range spans[:r.parts] {
				without := scores[(1+i)*o.labels:]
				o.out.Words = append(o.out.Words, classify.Word{Start: p.Start, End: p.End, Label: label, Weight: scores[label] - without[label]})
			}
			o.out.Words = append(o.out.Words[:start], Strongest(o.out.Words[start:], o.most)...)
		}
		o.out.End()
		if r.labels > 0 {
			scores = scores[(1+r.parts)*o.labels:]
		}
		given, spans = given[r.labels:], spans[r.parts:]
	}
	o.rows, o.given, o.parts, o.bytes = o.rows[:0], o.given[:0], o.parts[:0], 0
	return nil
}

// beginning is what is looked at of a text; it ends with a whole character.
func beginning(text string) string {
	if len(text) <= MostBytes {
		return text
	}
	end := MostBytes
	for end > MostBytes-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// parts appends the words of a text, or of one that has too many, at most MostParts runs of them.
func parts(dst []Span, text string) []Span {
	first := len(dst)
	dst = Words(dst, text)
	n := len(dst) - first
	if n <= MostParts {
		return dst
	}
	of := dst[first:]
	for i := range MostParts {
		of[i] = Span{of[i*n/MostParts].Start, of[(i+1)*n/MostParts-1].End}
	}
	return dst[:first+MostParts]
}
