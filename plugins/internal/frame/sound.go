package frame

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Flat tells whether a type is one whose columns Sound can vouch for.
func Flat(t arrow.DataType) bool {
	switch t.ID() {
	case arrow.STRING, arrow.BINARY, arrow.BOOL, arrow.DATE32, arrow.DATE64, arrow.TIMESTAMP:
		return true
	default:
		return arrow.IsInteger(t.ID()) || arrow.IsFloating(t.ID())
	}
}

// Sound checks that the columns of a batch, all of them flat, hold as many values as it has rows, so that whoever reads them
// stays within their memory.
func Sound(batch arrow.RecordBatch) (err error) {
	defer func() {
		if r := recover(); r != nil { // a buffer that is missing
			err = fmt.Errorf("the batch is damaged: %v", r)
		}
	}()
	for i, c := range batch.Columns() {
		if err := sound(c); err != nil {
			return fmt.Errorf("the column %s is damaged: %w", batch.ColumnName(i), err)
		}
	}
	return nil
}

func sound(c arrow.Array) error {
	data := c.Data()
	end, buffers := data.Offset()+data.Len(), data.Buffers()
	if valid := buffers[0]; valid != nil && valid.Len()*8 < end {
		return fmt.Errorf("%d bytes tell which of %d values are null", valid.Len(), end)
	}
	switch c := c.(type) {
	case *array.String:
		if err := c.Validate(); err != nil || whole(c) {
			return err
		}
		return c.ValidateFull() // which says what is wrong
	case *array.Binary:
		return c.ValidateFull()
	}
	bits := data.DataType().(arrow.FixedWidthDataType).BitWidth()
	if have := buffers[1].Len() * 8; have < end*bits {
		return fmt.Errorf("%d bits hold %d values of %d", have, end, bits)
	}
	return nil
}

// whole tells that every value is UTF-8, by a look at all of them at once: it is where their bytes together are, and each begins
// with a rune.
func whole(c *array.String) bool {
	if c.Len() == 0 {
		return true
	}
	offsets := c.ValueOffsets()
	if offsets[0] < 0 || !slices.IsSorted(offsets) {
		return false
	}
	values := c.ValueBytes()
	for _, o := range offsets {
		if at := int(o - offsets[0]); at < len(values) && !utf8.RuneStart(values[at]) {
			return false
		}
	}
	return utf8.Valid(values)
}
