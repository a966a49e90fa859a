package table

import (
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/expr"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Separate is the stage of a job that answers each of several columns by itself, and makes the answer's columns of all of
// them. A column without a text in a row has its reason; where no column has an answer, the row is a dead one. It is safe for
// concurrent use.
type Separate struct {
	added []string // columns, by the job
	texts []*expr.Text
	asks  *pipeline.Answers
	each  answer // of one column
}

var (
	_ pipeline.Stage = (*Separate)(nil)
	_ answer         = (*Separate)(nil)
)

// NewSeparate makes the stage of a job by the classifier or the extractor that its configuration asks for.
func NewSeparate(c *Config, k classify.Classifier, x classify.Extractor) *Separate {
	s := &Separate{added: c.Columns(), asks: pipeline.NewAnswers(k, x), each: newAnswer(c)}
	for _, column := range c.Text {
		s.texts = append(s.texts, expr.NewText(Text([]string{column}), nil))
	}
	return s
}

// Needs are the columns with the texts.
func (s *Separate) Needs(in *pipeline.Layout) ([]arrow.Field, error) {
	var all []arrow.Field
	for _, text := range s.texts {
		fields, err := text.Needs(in)
		if err != nil {
			return nil, err
		}
		all = append(all, fields...)
	}
	return all, nil
}

// Process sets the batch's Result.
func (s *Separate) Process(ctx context.Context, b *pipeline.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	reasons := make(map[int]*fault.Error, len(b.Faults)) // of rows that can't be read
	for _, f := range b.Faults {
		reasons[f.Row] = f.Err
	}
	var fields []arrow.Field
	var columns []arrow.Array
	var tokens int64
	failed := make(map[int]int) // columns of a row without an answer
	why := make(map[int]*fault.Error)
	for _, text := range s.texts {
		view, err := s.ask(ctx, text, b)
		if err != nil {
			return err
		}
		all := make(map[int]*fault.Error, len(reasons)+len(view.Faults))
		for row, err := range reasons {
			all[row] = err
		}
		for _, f := range view.Faults {
			all[f.Row] = f.Err
			failed[f.Row]++
			why[f.Row] = f.Err
		}
		made := s.each.columns(view.Result, all)
		fields, columns = append(fields, made.Schema().Fields()...), append(columns, made.Columns()...)
		tokens += view.Tokens
	}
	for row, n := range failed {
		if n == len(s.texts) {
			b.Kill(row, why[row])
		}
	}
	b.Result, b.Tokens = array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, int64(b.Len())), tokens
	return nil
}

// ask answers the texts of a column. What it finds is in the Result and the Faults of the batch that is returned.
func (s *Separate) ask(ctx context.Context, text *expr.Text, b *pipeline.Batch) (*pipeline.Batch, error) {
	view := &pipeline.Batch{Split: b.Split, First: b.First, Next: b.Next, Record: b.Record, Fates: slices.Clone(b.Fates)}
	view.Record.Retain()
	defer func() { view.Record.Release() }()
	if err := text.Process(ctx, view); err != nil {
		return nil, err
	}
	return view, s.asks.Process(ctx, view)
}

func (s *Separate) names() []string { return s.added }

func (s *Separate) schema(names []string, _ *arrow.Schema) *arrow.Schema {
	one := s.each.names()
	var all []arrow.Field
	for from := 0; from < len(names); from += len(one) {
		all = append(all, s.each.schema(names[from:from+len(one)], s.asks.Schema()).Fields()...)
	}
	return arrow.NewSchema(all, nil)
}

// columns are those that Process has made.
func (*Separate) columns(made arrow.RecordBatch, _ map[int]*fault.Error) arrow.RecordBatch {
	return made
}
