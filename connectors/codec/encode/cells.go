package encode

import (
	"github.com/apache/arrow-go/v18/arrow/decimal"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/winnow-stream/winnow/connectors/codec/jsonl"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Limits of a sheet.
const (
	// MaxCell is the number of characters (UTF-16 units) that a cell holds (Excel specifications and limits).
	MaxCell = 32767
	// maxDigits is up to how many digits a number keeps them all.
	maxDigits = 15
)

// cells writes each row as a JSON array of its cells. Rows with a text that no cell can hold become faults.
func (e *Encoder) cells(s *scratch, dst []byte) ([]byte, error) {
	for k := range s.b.Count() {
		row, start := s.row(k), len(dst)
		var long string
		dst, long = s.appendCells(dst, s.input, row)
		if e.in.Open && long == "" {
			dst = s.appendExtraCell(dst, row)
		}
		if long == "" {
			dst, long = s.appendCells(dst, s.results, row)
		}
		if long != "" {
			dst = dst[:start]
			s.faults = append(s.faults, tooLong(s.b, row, long))
			continue
		}
		dst[start] = '['
		dst = append(dst, ']', '\n')
	}
	return dst, nil
}

// appendCells appends cells, each after a comma. It stops at a text that is too long and returns its column's name.
func (s *scratch) appendCells(dst []byte, fields []field, row int) (_ []byte, long string) {
	for i := range fields {
		f := &fields[i]
		dst = append(dst, ',')
		if f.values.IsNull(row) {
			dst = append(dst, "null"...)
			continue
		}
		var ok bool
		if dst, ok = s.appendCell(dst, f.column, row); !ok {
			return dst, string(f.key[1 : len(f.key)-2])
		}
	}
	return dst, ""
}

func (s *scratch) appendCell(dst []byte, c column, row int) ([]byte, bool) {
	s.members = c.text(s.members[:0], row)
	switch c.(type) {
	case booleans:
		return append(dst, s.members...), true
	case nulls:
		return append(dst, "null"...), true
	}
	if isNumber(c, len(s.members)) {
		return c.json(dst, row), true
	}
	return jsonl.AppendString(dst, s.members), utf16Len(s.members) <= MaxCell
}

func (s *scratch) appendExtraCell(dst []byte, row int) []byte {
	dst = append(dst, ',')
	if s.extra == nil || s.extra.IsNull(row) {
		return append(dst, "null"...)
	}
	return appendJSONString(dst, s.extra.Value(row))
}

// isNumber reports whether a value of length digits, sign and point included, is a number to a spreadsheet program: its
// numbers are 64-bit floats.
func isNumber(c column, length int) bool {
	switch c.(type) {
	case singles, doubles, halves, probabilities:
		return true
	case signed[int8], signed[int16], signed[int32], signed[int64], unsigned[uint8], unsigned[uint16], unsigned[uint32],
		unsigned[uint64], decimals[decimal.Decimal32], decimals[decimal.Decimal64], decimals[decimal128.Num], decimals[decimal256.Num]:
		return length <= maxDigits
	default:
		return false
	}
}

func utf16Len(s []byte) int {
	if len(s) <= MaxCell {
		return len(s)
	}
	n := 0
	for _, r := range string(s) {
		n++
		if r >= 0x10000 {
			n++
		}
	}
	return n
}

func tooLong(b *pipeline.Batch, row int, column string) pipeline.RowFault {
	offset := b.Offsets()[row]
	err := fault.New(fault.RecordTooLarge, "column %q holds more than %d characters, which is what a cell of a sheet holds", column, MaxCell).
		WithFix("write to .csv, .jsonl or .parquet instead").
		At(fault.Where{File: file(b), Offset: offset, HasOffset: true, Field: column})
	return pipeline.RowFault{Row: row, Err: err}
}

func file(b *pipeline.Batch) string {
	if b.Split == nil {
		return ""
	}
	return b.Split.File
}
