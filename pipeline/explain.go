package pipeline

import (
	"context"
	"math"
	"sync"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// ResExplanation is the column of the words that moved a label's score, before prefixes: list<struct<word: utf8, weight:
// float32, start: int32, end: int32>>, and where there are lists of labels also label: utf8, by which the words stand
// together. Start and end count code points of the text, the weights of a label fall. It is null where the label is.
const ResExplanation = "explanation"

// Fields of an explanation's struct, in their order.
const (
	ExplanationWord = iota
	ExplanationWeight
	ExplanationStart
	ExplanationEnd
	ExplanationLabel // only where there are lists of labels
)

// The types of explanations, without a label for each word and with one.
var explanationType, explanationLabelType = newExplanationType(), newExplanationType(arrow.Field{Name: "label", Type: arrow.BinaryTypes.String})

func newExplanationType(more ...arrow.Field) *arrow.ListType {
	return arrow.ListOf(arrow.StructOf(append([]arrow.Field{
		{Name: "word", Type: arrow.BinaryTypes.String},
		{Name: "weight", Type: arrow.PrimitiveTypes.Float32},
		{Name: "start", Type: arrow.PrimitiveTypes.Int32},
		{Name: "end", Type: arrow.PrimitiveTypes.Int32},
	}, more...)...))
}

// IsExplanation reports whether a result column of this type is that of explanations.
func IsExplanation(t arrow.DataType) bool {
	return arrow.TypeEqual(t, explanationType) || arrow.TypeEqual(t, explanationLabelType)
}

func explanationField(name string, lists bool) arrow.Field {
	f := arrow.Field{Name: name, Type: explanationType, Nullable: true}
	if lists {
		f.Type = explanationLabelType
	}
	return f
}

// reasoner explains a batch's answers and adds its column to the results. Safe for concurrent use.
type reasoner struct {
	explainer classify.Explainer
	most      int
	labels    []string
	field     arrow.Field
	alloc     memory.Allocator
	retry     func(ctx context.Context, op string, f func() error) error
	scratch   sync.Pool // *classify.Explanations
}

// newReasoner returns nil where nothing is to be explained.
func (p *Pipeline) newReasoner(c classify.Classifier, most int) *reasoner {
	if most == 0 {
		return nil
	}
	return &reasoner{
		explainer: classify.ExplainerOf(c), most: most, labels: c.Info().Labels,
		field: explanationField(p.plan.names[ResExplanation], p.plan.result.lists), alloc: p.cfg.Alloc, retry: p.retry,
		scratch: sync.Pool{New: func() any { return new(classify.Explanations) }},
	}
}

// fitsExplanation refuses a change of the column that sinks were opened for.
func (p *Pipeline) fitsExplanation(c Change) error {
	if (c.Explain == 0) != (p.cfg.Explain == 0) {
		return fault.New(fault.ReloadRefused, "the column %q would come or go", ResExplanation)
	}
	return nil
}

// explain explains a batch's answers, and kills the rows for which that can't be done. Answers are those to the batch's texts, or
// to the values of their dictionary; of these, the reasons of those that no row has are lost. The caller gives why back to scratch.
func (r *reasoner) explain(ctx context.Context, b *Batch, answers *classify.Results) (why *classify.Explanations, err error) {
	texts, index := textValues(b.Column(ColText))
	if index != nil {
		only(index, answers)
	}
	why = r.scratch.Get().(*classify.Explanations)
	err = r.call(ctx, texts, answers, why)
	if err == nil || ctx.Err() != nil || isFatal(err) {
		return why, err
	}
	why.Reset()
	failed := make(map[int]error)
	if err := r.bisect(ctx, texts, answers, 0, texts.Len(), why, new(classify.Explanations), failed); err != nil {
		return why, err
	}
	for row := range b.Len() {
		if v, ok := valueOf(texts, index, row); ok && failed[v] != nil {
			b.Kill(row, rowFault(fault.ExplainFailed, failed[v]))
		}
	}
	return why, nil
}

// bisect explains the answers [from, to) by halves, until those that can't be explained stand alone.
func (r *reasoner) bisect(ctx context.Context, texts *array.String, answers *classify.Results, from, to int, why, part *classify.Explanations, failed map[int]error) error {
	if from == to {
		return nil
	}
	slice := array.NewSlice(texts, int64(from), int64(to)).(*array.String)
	err := r.call(ctx, slice, answersOf(answers, from, to), part)
	slice.Release()
	switch {
	case err == nil:
		for i := range part.Len() {
			why.Words = append(why.Words, part.Row(i)...)
			why.End()
		}
		return nil
	case ctx.Err() != nil || isFatal(err):
		return err
	case to-from == 1:
		failed[from] = err
		why.End()
		return nil
	}
	mid := (from + to) / 2
	if err := r.bisect(ctx, texts, answers, from, mid, why, part, failed); err != nil {
		return err
	}
	return r.bisect(ctx, texts, answers, mid, to, why, part, failed)
}

// answersOf are the rows [from, to) of answers, in place.
func answersOf(all *classify.Results, from, to int) *classify.Results {
	part := &classify.Results{Label: all.Label[from:to], Confidence: all.Confidence[from:to], Reason: all.Reason[from:to], Tokens: all.Tokens[from:to]}
	if len(all.Ends) == 0 {
		return part
	}
	base := int32(0)
	if from > 0 {
		base = all.Ends[from-1]
	}
	part.Scores = all.Scores[base:all.Ends[to-1]]
	for _, end := range all.Ends[from:to] {
		part.Ends = append(part.Ends, end-base)
	}
	return part
}

// call makes one call, with retries, and holds the explainer to its contract.
func (r *reasoner) call(ctx context.Context, texts *array.String, answers *classify.Results, why *classify.Explanations) error {
	err := r.retry(ctx, "explain", func() (err error) {
		defer recovered(&err, "the classifier's explainer")
		return r.explainer.Explain(ctx, texts, answers, r.most, why)
	})
	if err != nil {
		return err
	}
	return r.check(texts, why)
}

// add appends the column of explanations to a batch's results.
func (r *reasoner) add(b *Batch, answers *classify.Results, why *classify.Explanations) {
	texts, index := textValues(b.Column(ColText))
	column := r.column(b, texts, index, answers, why)
	defer column.Release()
	b.addResult(r.field, column)
}

// only leaves reasons to be explained to those values of a dictionary that a row has.
func only(index *array.Dictionary, answers *classify.Results) {
	used := make([]bool, answers.Len())
	for row := range index.Len() {
		if index.IsValid(row) {
			used[index.GetValueIndex(row)] = true
		}
	}
	for v, has := range used {
		if !has {
			answers.Reason[v] = classify.NullText
		}
	}
}

// check holds the explainer to its contract.
func (r *reasoner) check(texts *array.String, why *classify.Explanations) error {
	if why.Len() != texts.Len() {
		return fault.New(fault.ClassifyReply, "%d explanations for %d texts", why.Len(), texts.Len())
	}
	var from int32
	for i, end := range why.Ends {
		if end < from || int(end) > len(why.Words) || end > from && texts.IsNull(i) {
			return fault.New(fault.ClassifyReply, "an explanation [%d, %d) of %d words", from, end, len(why.Words))
		}
		for _, w := range why.Words[from:end] {
			if w.Start < 0 || w.End <= w.Start || int(w.End) > len(texts.Value(i)) || w.Label < 0 || int(w.Label) >= len(r.labels) ||
				math.IsNaN(float64(w.Weight)) || math.IsInf(float64(w.Weight), 0) {
				return fault.New(fault.ClassifyReply, "a word [%d, %d) for label %d of %d, weight %v, in a text of %d bytes",
					w.Start, w.End, w.Label, len(r.labels), w.Weight, len(texts.Value(i)))
			}
		}
		from = end
	}
	return nil
}

// column makes the column.
func (r *reasoner) column(b *Batch, texts *array.String, index *array.Dictionary, answers *classify.Results, why *classify.Explanations) arrow.Array {
	to := newExplanationBuilder(r.alloc, r.field.Type)
	defer to.Release()
	var reasons []Reason
	for row := range b.Len() {
		v, ok := valueOf(texts, index, row)
		if !ok || answers.Label[v] < 0 || answers.Reason[v] != classify.Labelled {
			to.AppendNull()
			continue
		}
		to.Append(true)
		reasons = ReasonsOf(reasons[:0], texts.Value(v), why.Row(v), r.labels)
		for i := range reasons {
			to.append(&reasons[i])
		}
	}
	return to.NewArray()
}

// explanationBuilder builds a column of explanations.
type explanationBuilder struct {
	*array.ListBuilder
	item       *array.StructBuilder
	word       *array.StringBuilder
	weight     *array.Float32Builder
	start, end *array.Int32Builder
	label      *array.StringBuilder // nil: words have none
}

func newExplanationBuilder(alloc memory.Allocator, of arrow.DataType) *explanationBuilder {
	b := array.NewBuilder(alloc, of).(*array.ListBuilder)
	item := b.ValueBuilder().(*array.StructBuilder)
	e := &explanationBuilder{
		ListBuilder: b, item: item, word: item.FieldBuilder(ExplanationWord).(*array.StringBuilder),
		weight: item.FieldBuilder(ExplanationWeight).(*array.Float32Builder),
		start:  item.FieldBuilder(ExplanationStart).(*array.Int32Builder), end: item.FieldBuilder(ExplanationEnd).(*array.Int32Builder),
	}
	if item.NumField() > ExplanationLabel {
		e.label = item.FieldBuilder(ExplanationLabel).(*array.StringBuilder)
	}
	return e
}

func (b *explanationBuilder) append(r *Reason) {
	b.item.Append(true)
	b.word.Append(r.Word)
	b.weight.Append(r.Weight)
	b.start.Append(int32(r.Start))
	b.end.Append(int32(r.End))
	if b.label != nil {
		b.label.Append(r.Label)
	}
}

// Reason is a word of an explanation as it is shown.
type Reason struct {
	Word   string  `json:"word"`
	Weight float32 `json:"weight"`          // rounded to 4 decimals
	Start  int     `json:"start"`           // in code points
	End    int     `json:"end"`             // in code points
	Label  string  `json:"label,omitempty"` // empty where a column has none
}

// ReasonsOf appends the words of a text's explanation to dst as they are shown: without those whose weight rounds to
// nothing. They refer to the text, and name the labels.
func ReasonsOf(dst []Reason, text string, words []classify.Word, labels []string) []Reason {
	for _, w := range words {
		r := Reason{Word: text[w.Start:w.End], Weight: float32(math.Round(float64(w.Weight)*1e4) / 1e4), Label: labels[w.Label]}
		if r.Weight == 0 {
			continue
		}
		r.Start = utf8.RuneCountInString(text[:w.Start])
		r.End = r.Start + utf8.RuneCountInString(r.Word)
		dst = append(dst, r)
	}
	return dst
}

// Reasons are the words of a row of a column of explanations; they refer to the column.
func Reasons(column *array.List, row int) []Reason {
	if column.IsNull(row) {
		return nil
	}
	item := column.ListValues().(*array.Struct)
	words, weights := item.Field(ExplanationWord).(*array.String), item.Field(ExplanationWeight).(*array.Float32)
	starts, ends := item.Field(ExplanationStart).(*array.Int32), item.Field(ExplanationEnd).(*array.Int32)
	from, to := column.ValueOffsets(row)
	reasons := make([]Reason, 0, to-from)
	for i := int(from); i < int(to); i++ {
		r := Reason{Word: words.Value(i), Weight: weights.Value(i), Start: int(starts.Value(i)), End: int(ends.Value(i))}
		if item.NumField() > ExplanationLabel {
			r.Label = item.Field(ExplanationLabel).(*array.String).Value(i)
		}
		reasons = append(reasons, r)
	}
	return reasons
}

// MoveExplanations returns a column of explanations for texts that were changed; rows nil: of all rows, else the others have
// none. A word that is hidden in the changed text is left out. The caller releases the column.
func MoveExplanations(alloc memory.Allocator, column *array.List, rows []int32, move func(row, start, end int) MovedEntity) arrow.Array {
	b := newExplanationBuilder(alloc, column.DataType())
	defer b.Release()
	next := 0
	for row := range column.Len() {
		has := rows == nil
		if !has && next < len(rows) && int(rows[next]) == row {
			has = true
			next++
		}
		if !has || column.IsNull(row) {
			b.AppendNull()
			continue
		}
		b.Append(true)
		for _, r := range Reasons(column, row) {
			if m := move(row, r.Start, r.End); !m.Hidden {
				r.Word, r.Start, r.End = m.Text, m.Start, m.End
				b.append(&r)
			}
		}
	}
	return b.NewArray()
}
