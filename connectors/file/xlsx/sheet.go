package xlsx

import (
	"context"
	"errors"
	"io"
	"strconv"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// sheet reads the rows of a sheet in order.
type sheet struct {
	book *workbook
	info sheetInfo
	part *partReader
	scan *scanner

	row    int64 // number of the last row, from 1; 0 before the first
	cells  []cell
	text   []byte  // of the row's cells
	shown  []byte  // scratch for numbers
	typed  []typed // cells of the row that are more than their texts, where kept is set
	values []byte  // theirs
	kept   bool
	inRows bool // inside <sheetData>
	skim   bool // numbers are left as they stand: nobody looks at them
	ended  bool
	merged int // merged ranges, known at the end
}

// cell is a cell that has a value, or an error in its place.
type cell struct {
	column   int // from 0
	from, to int // its text in sheet.text
	err      *fault.Error
}

// typed is the value of a cell that is more than its text.
type typed struct {
	column   int
	from, to int // in sheet.values
}

// openSheet opens a sheet of the workbook at its first row.
func (w *workbook) openSheet(info sheetInfo) (*sheet, error) {
	part, err := w.part(info.part, 1<<60)
	if err != nil {
		return nil, err
	}
	if part == nil {
		return nil, corrupt(w.path, "the workbook lists the sheet %q, but %s is missing", info.name, info.part)
	}
	return &sheet{book: w, info: info, part: part, scan: newScanner(part)}, nil
}

func (s *sheet) close() error { return s.part.Close() }

// next reads the next row that the file has, which may be without cells. At the end of the sheet, once all of it was
// found sound, it returns io.EOF.
func (s *sheet) next(ctx context.Context) error {
	err := s.nextRow(ctx)
	if err != nil && !atEnd(err) {
		return s.coded(err)
	}
	return err
}

// coded gives an error its place.
func (s *sheet) coded(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return partError(err, s.book.path, s.part.name)
}

func (s *sheet) nextRow(ctx context.Context) error {
	s.cells, s.text, s.typed, s.values = s.cells[:0], s.text[:0], s.typed[:0], s.values[:0]
	if s.ended {
		return io.EOF
	}
	for n := 0; ; n++ {
		if n&0xfff == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		t, err := s.scan.next()
		if err != nil {
			s.ended = atEnd(err)
			return err
		}
		switch {
		case t == text:
		case string(s.scan.name) == "sheetData":
			s.inRows = t == startTag
		case t == startTag && s.inRows && string(s.scan.name) == "row":
			return s.readRow()
		case t == startTag && string(s.scan.name) == "mergeCell":
			s.merged++
		}
	}
}

// readRow reads a row whose start tag is at hand.
func (s *sheet) readRow() error {
	number := s.row + 1
	if r := s.scan.attr("r"); r != nil {
		n, err := strconv.ParseInt(string(r), 10, 64)
		if err != nil || n < number {
			return badXML("row %.20q comes after row %d", r, s.row)
		}
		number = n
	}
	if number > MaxRows {
		return badXML("row %d lies beyond the last row that a sheet can have, %d", number, MaxRows)
	}
	s.row = number
	for column := 0; ; {
		t, err := s.scan.next()
		if err != nil {
			return err
		}
		switch {
		case t == endTag && string(s.scan.name) == "row":
			return nil
		case t == startTag && string(s.scan.name) == "c":
			if column, err = s.readCell(column); err != nil {
				return err
			}
		}
	}
}

// readCell reads a cell whose start tag is at hand. It returns the column after it.
func (s *sheet) readCell(column int) (int, error) {
	if ref := s.scan.attr("r"); ref != nil {
		at, row, ok := columnOf(ref)
		if !ok || row != s.row || at < column {
			return 0, badXML("cell %.20q is out of place in row %d", ref, s.row)
		}
		column = at
	}
	if column >= MaxColumns {
		return 0, badXML("row %d has more than %d cells", s.row, MaxColumns)
	}
	style := 0
	if v := s.scan.attr("s"); v != nil {
		n, err := strconv.Atoi(string(v))
		if err != nil {
			return 0, badXML("cell %s has the style %.20q", cellName(column, s.row), v)
		}
		style = n
	}
	kind := kindOf(s.scan.attr("t"))
	from := len(s.text)
	found, err := s.readValue()
	if err != nil {
		return 0, err
	}
	c := cell{column: column, from: from}
	ok, err := s.finish(&c, kind, style, found)
	if err != nil {
		return 0, err
	}
	if c.to = len(s.text); ok {
		s.cells = append(s.cells, c)
	}
	return column + 1, nil
}
