package wire

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/pipeline"
)

// singleTexts is a stage that gives each row a text of its own where rows share them: a classifier is then asked as often
// as there are texts, whatever batches they come in.
type singleTexts struct{}

var _ pipeline.Stage = singleTexts{}

// Needs is nothing of the input.
func (singleTexts) Needs(*pipeline.Layout) ([]arrow.Field, error) { return nil, nil }

// Process replaces a dictionary of texts by the texts.
func (singleTexts) Process(_ context.Context, b *pipeline.Batch) error {
	shared, ok := b.Column(pipeline.ColText).(*array.Dictionary)
	if !ok {
		return nil
	}
	build := array.NewStringBuilder(memory.DefaultAllocator)
	defer build.Release()
	for row := range shared.Len() {
		if text := pipeline.TextAt(shared, row); shared.IsValid(row) {
			build.Append(text)
		} else {
			build.AppendNull()
		}
	}
	texts := build.NewArray()
	defer texts.Release()
	old := b.Record
	columns := append([]arrow.Array{}, old.Columns()...)
	fields := append([]arrow.Field{}, old.Schema().Fields()...)
	for i := range fields {
		if fields[i].Name == pipeline.ColText {
			columns[i], fields[i].Type = texts, arrow.BinaryTypes.String
		}
	}
	meta := old.Schema().Metadata()
	b.Record = array.NewRecordBatch(arrow.NewSchema(fields, &meta), columns, old.NumRows())
	old.Release()
	return nil
}
