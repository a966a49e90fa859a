package answer

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Texts is the schema of a request.
var Texts = arrow.NewSchema([]arrow.Field{{Name: "text", Type: arrow.BinaryTypes.String, Nullable: true}}, nil)

var scores = arrow.StructOf(
	arrow.Field{Name: "label", Type: arrow.PrimitiveTypes.Int32},
	arrow.Field{Name: "confidence", Type: arrow.PrimitiveTypes.Float32},
)

// Schema is that of an answer, with lists of labels or without.
func Schema(lists bool) *arrow.Schema {
	fields := []arrow.Field{
		{Name: "label", Type: arrow.PrimitiveTypes.Int32},
		{Name: "confidence", Type: arrow.PrimitiveTypes.Float32},
		{Name: "reason", Type: arrow.PrimitiveTypes.Uint8},
		{Name: "tokens", Type: arrow.PrimitiveTypes.Int32},
	}
	if lists {
		fields = append(fields, arrow.Field{Name: "labels", Type: arrow.ListOfNonNullable(scores)})
	}
	return arrow.NewSchema(fields, nil)
}

// Batch is a column of texts as a request. The caller releases it.
func Batch(texts *array.String) arrow.RecordBatch {
	return array.NewRecordBatch(Texts, []arrow.Array{texts}, int64(texts.Len()))
}
