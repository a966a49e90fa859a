package celltype

import (
	"encoding/binary"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/winnow-stream/winnow/pipeline"
)

// Field is the column of rows of cells.
var Field = arrow.Field{Name: pipeline.ColCells, Type: arrow.BinaryTypes.Binary, Nullable: true}

// Cell is a cell that is more than its text.
type Cell struct {
	Column int    // of the header, from 0
	Shown  []byte // its text
	// Value is what a sheet's journal has of it: a JSON number, true, false, or an object of a number v with its format f, which is
	// the number of a format that every workbook knows, or a text.
	Value []byte
}

// Append appends a cell to a row.
func Append(row []byte, t Cell) []byte {
	row = binary.AppendUvarint(row, uint64(t.Column))
	row = append(binary.AppendUvarint(row, uint64(len(t.Shown))), t.Shown...)
	return append(binary.AppendUvarint(row, uint64(len(t.Value))), t.Value...)
}

// Cut takes the first cell off a row that Append has made. Its texts are parts of the row.
func Cut(row []byte) (t Cell, rest []byte) {
	column, n := binary.Uvarint(row)
	t.Column = int(column)
	t.Shown, rest = cutText(row[n:])
	t.Value, rest = cutText(rest)
	return t, rest
}

func cutText(row []byte) (text, rest []byte) {
	size, n := binary.Uvarint(row)
	end := n + int(size)
	return row[n:end:end], row[end:]
}
