package encode

import (
	"bytes"
	"fmt"
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/decimal"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/winnow-stream/winnow/connectors/codec/celltype"
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

// cells writes each row as a JSON array of its cells. A text that no cell can hold is cut, or makes its row a fault.
func (e *Encoder) cells(s *scratch, dst []byte) ([]byte, error) {
	for k := range s.b.Count() {
		row, start := s.row(k), len(dst)
		var long string
		var typed []byte
		if s.typed != nil {
			typed = s.typed.Value(row)
		}
		dst, long = s.appendCells(dst, s.input, row, typed, e.opts.Cut)
		if e.in.Open && long == "" {
			dst, long = s.appendExtraCell(dst, row, e.opts.Cut)
		}
		if long == "" {
			dst, long = s.appendCells(dst, s.results, row, nil, e.opts.Cut)
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

// appendCells appends cells, each after a comma. Those among typed are what they were, unless their texts were changed. A text that
// is too long is cut, or it stops there and returns its column's name.
func (s *scratch) appendCells(dst []byte, fields []field, row int, typed []byte, cut bool) (_ []byte, long string) {
	was := celltype.Cell{Column: -1}
	for i := range fields {
		f := &fields[i]
		dst = append(dst, ',')
		if f.values.IsNull(row) {
			dst = append(dst, "null"...)
			continue
		}
		for was.Column < i && len(typed) > 0 {
			was, typed = celltype.Cut(typed)
		}
		if was.Column == i {
			if s.members = f.column.text(s.members[:0], row); bytes.Equal(s.members, was.Shown) {
				dst = append(dst, was.Value...)
				continue
			}
		}
		var ok bool
		if dst, ok = s.appendCell(dst, f.column, row, cut); !ok {
			return dst, string(f.key[1 : len(f.key)-2])
		}
	}
	return dst, ""
}

func (s *scratch) appendCell(dst []byte, c column, row int, cut bool) ([]byte, bool) {
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
	return appendLong(dst, s.members, cut)
}

func (s *scratch) appendExtraCell(dst []byte, row int, cut bool) (_ []byte, long string) {
	dst = append(dst, ',')
	if s.extra == nil || s.extra.IsNull(row) {
		return append(dst, "null"...), ""
	}
	dst, ok := appendLong(dst, []byte(s.extra.Value(row)), cut)
	if !ok {
		return dst, pipeline.ColExtra
	}
	return dst, ""
}

// appendLong appends a text that may be too long for a cell: it is cut, or false.
func appendLong(dst, text []byte, cut bool) ([]byte, bool) {
	units := utf16Len(text)
	switch {
	case units <= MaxCell:
		return jsonl.AppendString(dst, text), true
	case !cut:
		return dst, false
	}
	mark := fmt.Sprintf(" [cut: the text has %d characters]", units)
	return jsonl.AppendString(dst, append(cutAt(text, MaxCell-len(mark)), mark...)), true
}

// cutAt is the longest beginning of a text that has at most so many UTF-16 units, in memory of its own.
func cutAt(text []byte, units int) []byte {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if units -= max(utf16.RuneLen(r), 1); units < 0 {
			text = text[:i]
			break
		}
		i += size
	}
	return slices.Clip(text)
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
