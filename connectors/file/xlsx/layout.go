package xlsx

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/winnow-stream/winnow/connectors/codec/column"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Options say how a workbook is read.
type Options struct {
	// Sheet is the name of the sheet. Empty: the first visible one that holds anything.
	Sheet string
	// NoHeader takes the first row for a record; columns are called column_1 and so on.
	NoHeader bool
	// Needed are the columns in which an error of a cell rejects its record; in others it is a value, as the sheet shows it: its
	// name, or nothing where a formula has no stored result. nil: all of them.
	Needed []string
	// MaxInflated is the size in bytes to which the archive may grow. 0: 1 GiB.
	MaxInflated int64
}

// Layout reads a workbook once from end to end and says what its records are like. Rows is the offset after the last
// row of the sheet; blank rows may lie before it. The first record's offset is that of the first row with a value, or
// of the row after it where that is the header. A workbook without a record is input.empty.
func Layout(ctx context.Context, fsys disk.FS, path string, opts Options) (layout *pipeline.Layout, rows int64, err error) {
	defer recovered(&err, path)
	w, err := openWorkbook(fsys, path, opts)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	sheets, err := w.choose(opts.Sheet)
	if err != nil {
		return nil, 0, err
	}
	var seen []string
	for _, info := range sheets {
		l, rows, err := w.survey(ctx, info, opts)
		if err != nil || l != nil {
			return l, rows, err
		}
		seen = append(seen, info.name)
	}
	return nil, 0, fault.New(fault.InputEmpty, "the sheet %s holds no record", strings.Join(seen, ", ")).At(fault.Where{File: path})
}

// survey reads a sheet for its layout; nil where it holds no record.
func (w *workbook) survey(ctx context.Context, info sheetInfo, opts Options) (*pipeline.Layout, int64, error) {
	s, err := w.openSheet(info)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = s.close() }() // what it could say was said at the end of the part
	h, err := s.header(ctx, opts)
	if atEnd(err) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	records := opts.NoHeader
	last := s.row
	s.skim = true
	for {
		err := s.next(ctx)
		if atEnd(err) {
			break
		}
		if err != nil {
			return nil, 0, err
		}
		if len(s.cells) > 0 {
			records, last = true, s.row
		}
	}
	if !records {
		return nil, 0, nil
	}
	return h.layout(s), last, nil
}

// header is what the first row with a value says.
type header struct {
	row   int64 // its number, from 1
	names []string
	notes []string
}

// Where a header is looked for: among so many rows with a value.
const headRows = 20

// headerRow finds the row with the columns' names: the first one with a value, unless that and those after it are titles: with
// values in fewer than half of the columns, and then comes one of texts alone. 0: there is no row with a value.
func (w *workbook) headerRow(ctx context.Context, info sheetInfo) (first, row int64, err error) {
	s, err := w.openSheet(info)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = s.close() }() // it is read again
	type line struct {
		row, values int64
		named       bool
	}
	var lines []line
	widest := int64(0)
	for len(lines) < headRows {
		err := s.next(ctx)
		if atEnd(err) {
			break
		}
		if err != nil {
			return 0, 0, err
		}
		if n := int64(len(s.cells)); n > 0 {
			lines = append(lines, line{s.row, n, s.named()})
			widest = max(widest, n)
		}
	}
	for _, l := range lines {
		switch {
		case l.values*2 < widest || l.values == 1 && widest > 1:
		case l.named:
			return lines[0].row, l.row, nil
		default: // a record: there are no names before it
			return lines[0].row, lines[0].row, nil
		}
	}
	if len(lines) == 0 {
		return 0, 0, nil
	}
	return lines[0].row, lines[0].row, nil
}

// named tells whether the row's values can be names: none looks like a number or a date.
func (s *sheet) named() bool {
	for _, c := range s.cells {
		if c.err != nil || c.to > c.from && s.text[c.from] >= '0' && s.text[c.from] <= '9' || c.to > c.from && s.text[c.from] == '-' {
			return false
		}
	}
	return true
}

// header reads up to the row with the columns' names, or to the first one with a value. io.EOF: there is none.
func (s *sheet) header(ctx context.Context, opts Options) (*header, error) {
	first, at := int64(0), int64(0)
	if !opts.NoHeader {
		var err error
		if first, at, err = s.book.headerRow(ctx, s.info); err != nil {
			return nil, err
		}
	}
	for {
		if err := s.next(ctx); err != nil {
			return nil, err
		}
		if len(s.cells) > 0 && s.row >= at {
			break
		}
	}
	h, err := s.names(opts)
	if err == nil && first < at {
		h.notes = append([]string{fmt.Sprintf("the columns have their names in row %d; what stands above it, from row %d on, is left out", at, first)}, h.notes...)
	}
	return h, err
}

// names reads the columns' names of the row at hand.
func (s *sheet) names(opts Options) (*header, error) {
	h := &header{row: s.row, names: make([]string, s.cells[len(s.cells)-1].column+1)}
	for _, c := range s.cells {
		if c.err != nil && !opts.NoHeader {
			return nil, corrupt(s.book.path, "the header: %s", c.err.What).At(fault.Where{File: s.book.path, Cell: cellName(c.column, s.row)})
		}
		if !opts.NoHeader {
			h.names[c.column] = strings.TrimSpace(string(s.text[c.from:c.to]))
		}
	}
	for i, name := range h.names {
		if name == "" {
			name = fmt.Sprintf("column_%d", i+1)
			if !opts.NoHeader {
				h.notes = append(h.notes, fmt.Sprintf("column %d has no name in the header and is called %s", i+1, name))
			}
			h.names[i] = name
		}
	}
	if note := column.Distinct(h.names); note != "" {
		h.notes = append(h.notes, note)
	}
	return h, nil
}

func (h *header) layout(s *sheet) *pipeline.Layout {
	fields := make([]arrow.Field, len(h.names))
	for i, name := range h.names {
		fields[i] = arrow.Field{Name: name, Type: arrow.BinaryTypes.String, Nullable: true}
	}
	l := &pipeline.Layout{Format: "xlsx", Schema: arrow.NewSchema(fields, nil), Replayable: true, Notes: h.notes}
	if len(s.book.sheets) > 1 {
		l.Notes = append(l.Notes, fmt.Sprintf("the workbook has %d sheets; %q is read", len(s.book.sheets), s.info.name))
	}
	if s.merged > 0 {
		l.Notes = append(l.Notes, fmt.Sprintf("the sheet has %d merged ranges; each has its value in its first cell, the others are empty", s.merged))
	}
	return l
}
