package pipelinetest

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/pipeline"
)

// TextStage is a stage that classifies a column as it is.
type TextStage struct {
	Column string
	// Script runs before each process.
	Script Script
	calls  calls
}

var _ pipeline.Stage = (*TextStage)(nil)

// Needs is the column.
func (s *TextStage) Needs(in *pipeline.Layout) ([]arrow.Field, error) {
	f, err := in.Field(s.Column)
	return []arrow.Field{f}, err
}

// Process appends the column as the text.
func (s *TextStage) Process(ctx context.Context, b *pipeline.Batch) error {
	if err := s.Script.run(ctx, s.calls.count(Call{Kind: "process", Split: b.Split.ID, Offset: b.First, Rows: b.Len()})); err != nil {
		return err
	}
	if b.Record == nil {
		return nil
	}
	text := b.Column(s.Column)
	fields := append(b.Record.Schema().Fields(), arrow.Field{Name: pipeline.ColText, Type: text.DataType(), Nullable: true})
	columns := append(b.Record.Columns()[:b.Record.NumCols():b.Record.NumCols()], text)
	with := array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, b.Record.NumRows())
	b.Record.Release()
	b.Record = with
	return nil
}

// FilterStage drops the rows for which Keep is false.
type FilterStage struct {
	Keep func(b *pipeline.Batch, row int) bool
}

var _ pipeline.Stage = (*FilterStage)(nil)

// Needs nothing: the rows are told apart by what others ask for.
func (*FilterStage) Needs(*pipeline.Layout) ([]arrow.Field, error) { return nil, nil }

// Drops implements pipeline.Dropper.
func (s *FilterStage) Drops() bool { return true }

// Process drops rows.
func (s *FilterStage) Process(_ context.Context, b *pipeline.Batch) error {
	for row := range b.Len() {
		if b.Live(row) && !s.Keep(b, row) {
			b.Drop(row)
		}
	}
	return nil
}
