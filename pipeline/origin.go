package pipeline

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Origin is where a record stood when it was read the first time, and how often it was rejected since.
type Origin struct {
	Split    string // ID of the split
	File     string // what a user calls the place
	Offset   int64  // in the split
	Attempts int64  // that ended in the dead letters
}

// OriginType is the type of the column ColFrom.
var OriginType = arrow.StructOf(
	arrow.Field{Name: "split", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "offset", Type: arrow.PrimitiveTypes.Int64},
	arrow.Field{Name: "attempts", Type: arrow.PrimitiveTypes.Int64},
)

// Origin is that of a row: its place in the batch's split, unless it comes again out of the dead letters. The text is
// valid as long as the batch.
func (b *Batch) Origin(row int) Origin {
	c, ok := b.Column(ColFrom).(*array.Struct)
	if !ok || c.IsNull(row) {
		return Origin{Split: b.Split.ID, File: b.Split.File, Offset: b.Offsets()[row]}
	}
	split := c.Field(0).(*array.String).Value(row)
	return Origin{
		Split: split, File: split,
		Offset: c.Field(1).(*array.Int64).Value(row), Attempts: c.Field(2).(*array.Int64).Value(row),
	}
}
