package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// labeller runs the classifier over a batch's _text column and sets its results. Safe for concurrent use.
type labeller struct {
	classifier classify.Classifier
	columns    *resultColumns
	reasoner   *reasoner // nil: answers are not explained
	alloc      memory.Allocator
	retry      func(ctx context.Context, op string, f func() error) error
	scratch    sync.Pool // *labelScratch
}

type labelScratch struct {
	answers classify.Results // one a row
	values  classify.Results // one a dictionary value
}

func newLabeller(c classify.Classifier, columns *resultColumns, alloc memory.Allocator, retry func(context.Context, string, func() error) error) *labeller {
	return &labeller{
		classifier: c, columns: columns, alloc: alloc, retry: retry,
		scratch: sync.Pool{New: func() any { return new(labelScratch) }},
	}
}

// process fills in Result, Labels, Confidence and Reasons, and explains the answers where that is asked for. Rows that the
// classifier can't answer, or not explain, are killed.
func (l *labeller) process(ctx context.Context, b *Batch, t *batchTally) error {
	s := l.scratch.Get().(*labelScratch)
	defer l.scratch.Put(s)
	var err error
	switch text := b.Column(ColText).(type) {
	case *array.String:
		err = l.classify(ctx, text, &s.answers)
	case *array.Dictionary:
		err = l.classifyDictionary(ctx, text, s)
	default:
		err = fault.New(fault.Internal, "no text column to classify")
	}
	if err != nil {
		return err
	}
	for _, f := range s.answers.Failures {
		b.Kill(f.Row, rowFault(fault.ClassifyFailed, f.Err))
	}
	answers := &s.answers
	if _, ok := b.Column(ColText).(*array.Dictionary); ok {
		answers = &s.values
	}
	var why *classify.Explanations
	if l.reasoner != nil {
		why, err = l.reasoner.explain(ctx, b, answers)
		defer l.reasoner.scratch.Put(why)
		if err != nil {
			return err
		}
	}
	b.Result = l.columns.record(l.alloc, &s.answers)
	t.add(b, &s.answers)
	b.Labels = append(b.Labels[:0], s.answers.Label...)
	b.Confidence = append(b.Confidence[:0], s.answers.Confidence...)
	b.Reasons = append(b.Reasons[:0], s.answers.Reason...)
	if why != nil {
		l.reasoner.add(b, answers, why)
	}
	return nil
}

// classifyDictionary answers each distinct value once and hands the answers to the rows.
func (l *labeller) classifyDictionary(ctx context.Context, text *array.Dictionary, s *labelScratch) error {
	values, ok := text.Dictionary().(*array.String)
	if !ok {
		return fault.New(fault.Internal, "text dictionary of type %s", text.Dictionary().DataType())
	}
	if err := l.classify(ctx, values, &s.values); err != nil {
		return err
	}
	out, in := &s.answers, &s.values
	out.Reset(text.Len())
	failed := make(map[int]error, len(in.Failures))
	for _, f := range in.Failures {
		failed[f.Row] = f.Err
	}
	lists := len(in.Ends) > 0
	for row := range text.Len() {
		if text.IsNull(row) {
			out.Reason[row] = classify.NullText
		} else {
			v := text.GetValueIndex(row)
			out.Label[row], out.Confidence[row] = in.Label[v], in.Confidence[v]
			out.Reason[row], out.Tokens[row] = in.Reason[v], in.Tokens[v]
			if lists {
				out.Scores = append(out.Scores, in.RowScores(v)...)
			}
			if err, bad := failed[v]; bad {
				out.Fail(row, err)
			}
		}
		if lists {
			out.Ends = append(out.Ends, int32(len(out.Scores)))
		}
	}
	return nil
}

// classify calls the classifier, tries again what is transient, and bisects a call that fails as a whole without
// naming rows until the bad rows stand alone.
func (l *labeller) classify(ctx context.Context, texts *array.String, out *classify.Results) error {
	err := l.call(ctx, texts, out)
	if err == nil || ctx.Err() != nil || isFatal(err) {
		return err
	}
	out.Reset(texts.Len())
	var part classify.Results
	return l.bisect(ctx, texts, 0, texts.Len(), out, &part)
}

func (l *labeller) bisect(ctx context.Context, texts *array.String, from, to int, out, part *classify.Results) error {
	if from == to {
		return nil
	}
	slice := array.NewSlice(texts, int64(from), int64(to)).(*array.String)
	err := l.call(ctx, slice, part)
	slice.Release()
	switch {
	case err == nil:
		place(out, part, from)
		return nil
	case ctx.Err() != nil || isFatal(err):
		return err
	case to-from == 1:
		out.Fail(from, err)
		if len(part.Ends) > 0 || len(out.Ends) > 0 {
			out.Ends = append(out.Ends, int32(len(out.Scores)))
		}
		return nil
	}
	mid := (from + to) / 2
	if err := l.bisect(ctx, texts, from, mid, out, part); err != nil {
		return err
	}
	return l.bisect(ctx, texts, mid, to, out, part)
}

// place copies the answers of a part into the rows that begin at from.
func place(out, part *classify.Results, from int) {
	copy(out.Label[from:], part.Label)
	copy(out.Confidence[from:], part.Confidence)
	copy(out.Reason[from:], part.Reason)
	copy(out.Tokens[from:], part.Tokens)
	base := int32(len(out.Scores))
	out.Scores = append(out.Scores, part.Scores...)
	for len(out.Ends) < from && len(part.Ends) > 0 { // rows before the first list had failed
		out.Ends = append(out.Ends, base)
	}
	for _, end := range part.Ends {
		out.Ends = append(out.Ends, base+end)
	}
	for _, f := range part.Failures {
		out.Failures = append(out.Failures, classify.Failure{Row: from + f.Row, Err: f.Err})
	}
}

// call makes one call, with retries, and holds the classifier to its contract.
func (l *labeller) call(ctx context.Context, texts *array.String, out *classify.Results) error {
	err := l.retry(ctx, "classify", func() (err error) {
		defer recovered(&err, "the classifier")
		return l.classifier.Classify(ctx, texts, out)
	})
	if err != nil {
		return err
	}
	return l.check(out, texts.Len())
}

// check refuses answers that would corrupt the output.
func (l *labeller) check(out *classify.Results, rows int) error {
	for _, n := range []int{out.Len(), len(out.Confidence), len(out.Reason), len(out.Tokens)} {
		if n != rows {
			return fault.New(fault.ClassifyReply, "%d answers for %d texts", n, rows)
		}
	}
	for i, label := range out.Label {
		if label < -1 || int(label) >= l.columns.labelCount {
			return fault.New(fault.ClassifyReply, "label index %d of %d labels", label, l.columns.labelCount)
		}
		if c := out.Confidence[i]; !(c >= 0 && c <= 1) {
			return fault.New(fault.ClassifyReply, "confidence %v", c)
		}
	}
	for _, f := range out.Failures {
		if f.Row < 0 || f.Row >= rows || f.Err == nil {
			return fault.New(fault.ClassifyReply, "failure %v of row %d of %d", f.Err, f.Row, rows)
		}
	}
	return l.checkLists(out, rows)
}

func (l *labeller) checkLists(out *classify.Results, rows int) error {
	if n := len(out.Ends); n != 0 && n != rows {
		return fault.New(fault.ClassifyReply, "%d lists for %d texts", n, rows)
	}
	var last int32
	for _, end := range out.Ends {
		if end < last || int(end) > len(out.Scores) {
			return fault.New(fault.ClassifyReply, "a list [%d, %d) of %d scores", last, end, len(out.Scores))
		}
		last = end
	}
	for _, s := range out.Scores {
		if s.Label < 0 || int(s.Label) >= l.columns.labelCount || !(s.Confidence >= 0 && s.Confidence <= 1) {
			return fault.New(fault.ClassifyReply, "score %v for label %d of %d", s.Confidence, s.Label, l.columns.labelCount)
		}
	}
	return nil
}

// isFatal tells errors that concern the whole pipeline from those that a row may have caused: uncoded errors and
// panics are given the benefit of the doubt. A transient error that outlasted its budget is about the classifier, not
// about a text.
func isFatal(err error) bool {
	e, ok := fault.As(err)
	return ok && e.Code.Fate != fault.Row && e.Code != fault.Internal
}

// rowFault codes an error of a single row.
func rowFault(code *fault.Code, err error) *fault.Error {
	if e, ok := fault.As(err); ok && e.Code.Fate == fault.Row {
		return e
	}
	return fault.New(code, "%w", err)
}

// recovered turns a panic into an error, so that one bad batch can't end the process.
func recovered(err *error, who string) {
	if r := recover(); r != nil {
		cause, ok := r.(error)
		if !ok {
			cause = fmt.Errorf("%v", r)
		}
		*err = errors.Join(*err, fault.New(fault.Internal, "%s panicked: %w", who, cause))
	}
}
