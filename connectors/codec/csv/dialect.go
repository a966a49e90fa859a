package csv

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/winnow-stream/winnow/connectors/codec/column"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Dialect is how a CSV file is written and what its columns are.
type Dialect struct {
	Delimiter byte
	Columns   []string // their names, made up where the file has none
	Header    []byte   // the header record without its line end; nil where the file has none
	LineEnd   string   // "\n" or "\r\n", as the first record ends
	Numeric   []bool   // which columns hold numbers alone, as far as was looked
	Start     int64    // lines before the first record
	Empty     bool     // there is no record
	Notes     []string // what was assumed, one sentence each
}

// Options are what is known of a file beforehand.
type Options struct {
	Delimiter  byte // 0: detect
	Header     Header
	Columns    []string // names for the columns; they replace those of a header
	MaxColumns int
}

// Header says whether the first record names the columns.
type Header uint8

const (
	GuessHeader Header = iota
	WithHeader
	WithoutHeader
)

// Detect finds the dialect of a text by its head, which is all of it if whole is set. Errors lack the file's name. It
// reports false where the head is too short to hold the first record.
func Detect(head []byte, whole bool, o Options) (*Dialect, bool, error) {
	d := &Dialect{Delimiter: o.Delimiter, LineEnd: "\n"}
	blank := skipBlank(head)
	d.Start = int64(bytes.Count(head[:blank], []byte{'\n'}))
	head = head[blank:]
	if delimiter, line := separatorLine(head); line > 0 {
		if o.Delimiter == 0 {
			o.Delimiter, d.Delimiter = delimiter, delimiter
		}
		d.Notes = append(d.Notes, fmt.Sprintf("the first line says that fields are separated by %s", Name(delimiter)))
		d.Start++
		head = head[line:]
	}
	if len(head) == 0 {
		d.Empty = true
		return d, whole, nil
	}
	if err := d.detectDelimiter(head, whole, o); err != nil {
		return nil, true, err
	}
	rows, ends, open := sample(head, whole, d.Delimiter)
	if open > 0 && whole {
		return nil, true, Unclosed(d.Start + open)
	}
	if len(rows) == 0 {
		return nil, false, nil
	}
	if o.Header != WithoutHeader && len(o.Columns) == 0 {
		head, rows, ends = d.skipTitles(head, rows, ends)
	}
	if len(rows[0]) > o.MaxColumns {
		return nil, true, fault.New(fault.InputColumns, "the first row has %d columns, more than %d", len(rows[0]), o.MaxColumns).
			At(fault.Where{Line: d.Start + 1})
	}
	first := head[:ends[0]]
	if bytes.HasSuffix(first, []byte("\r\n")) {
		d.LineEnd = "\r\n"
	}
	if err := d.nameColumns(rows, first, o); err != nil {
		return nil, true, err
	}
	rest := len(rows)
	if d.Header != nil {
		d.Start += int64(bytes.Count(first, []byte{'\n'}))
		rest--
		tail := head[ends[0]:]
		d.Empty = rest == 0 && whole && skipBlank(tail) == len(tail)
		if rest == 0 && !whole && skipBlank(tail) == len(tail) {
			return nil, false, nil
		}
	}
	return d, true, nil
}

// skipTitles leaves out the rows above the one with the columns' names.
func (d *Dialect) skipTitles(head []byte, rows [][][]byte, ends []int) ([]byte, [][][]byte, []int) {
	at := headerRow(rows)
	if at == 0 {
		return head, rows, ends
	}
	from := ends[at-1]
	from += skipBlank(head[from:])
	d.Start += int64(bytes.Count(head[:from], []byte{'\n'}))
	d.Notes = append(d.Notes, fmt.Sprintf("the columns have their names on line %d; what stands above it is left out", d.Start+1))
	ends = slices.Clone(ends[at:])
	for i := range ends {
		ends[i] -= from
	}
	return head[from:], rows[at:], ends
}

// separatorLine reads a first line by which spreadsheet programs tell each other the delimiter, sep=; for one. Its length is 0
// where there is none.
func separatorLine(head []byte) (delimiter byte, length int) {
	line, _, ended := bytes.Cut(head, []byte{'\n'})
	rest, ok := bytes.CutPrefix(bytes.TrimSuffix(line, []byte{'\r'}), []byte("sep="))
	if !ok || !ended || len(rest) != 1 {
		return 0, 0
	}
	return rest[0], len(line) + 1
}

// Unclosed is the error of a quote that was opened on a line, counted from 1, and never ends.
func Unclosed(line int64) *fault.Error {
	return fault.New(fault.InputUnclosedQuote, "the quote opened on line %d is never closed", line).
		At(fault.Where{Line: line})
}

func (d *Dialect) detectDelimiter(head []byte, whole bool, o Options) error {
	best, share := guess(head, whole)
	switch {
	case o.Delimiter == 0 && best != 0:
		d.Delimiter = best
		if best != ',' {
			d.Notes = append(d.Notes, fmt.Sprintf("fields are separated by %s", Name(best)))
		}
	case o.Delimiter == 0:
		d.Delimiter = ','
	case best != 0 && best != o.Delimiter && share >= 0.9:
		rows, _, _ := sample(head, whole, o.Delimiter)
		if len(rows) > 0 && len(rows[0]) == 1 {
			return fault.New(fault.InputSeparator, "no field of the first row is separated by %s; they seem to be by %s",
				Name(o.Delimiter), Name(best)).At(fault.Where{Line: d.Start + 1}).
				WithFix("use --delimiter %s (delimiter: in a spec), or leave it out", option(best))
		}
	}
	return nil
}

// nameColumns decides whether the first row is a header, and names the columns.
func (d *Dialect) nameColumns(rows [][][]byte, first []byte, o Options) error {
	header := o.Header == WithHeader
	if o.Header == GuessHeader {
		var why string
		header, why = looksLikeHeader(rows)
		if !header {
			d.Notes = append(d.Notes, fmt.Sprintf("the first row looks like data (%s), so the columns are named column_1 and so on; "+
				"header: true in a spec takes it for the header", why))
		}
	}
	values := rows
	if header {
		d.Header = bytes.Clone(first[:trim(first, 0, len(first))])
		values = rows[1:]
	}
	d.Numeric = make([]bool, len(rows[0]))
	for c := range d.Numeric {
		d.Numeric[c] = numericBelow(values, c)
	}
	if len(o.Columns) > 0 {
		if len(o.Columns) != len(rows[0]) {
			return fault.New(fault.ConfigField, "columns lists %s, the first row has %s", count(len(o.Columns), "name"),
				count(len(rows[0]), "field")).At(fault.Where{Path: "columns"}).WithFix("name each column once, in the order of the file")
		}
		d.Columns = o.Columns
		return nil
	}
	return d.nameByRow(rows[0], header)
}

func (d *Dialect) nameByRow(row [][]byte, header bool) error {
	for i, field := range row {
		name := string(field)
		switch {
		case !header || strings.TrimSpace(name) == "":
			name = fmt.Sprintf("column_%d", i+1)
			if header {
				d.Notes = append(d.Notes, fmt.Sprintf("column %d has no name in the header and is called %s", i+1, name))
			}
		case !utf8.ValidString(name):
			return fault.New(fault.InputEncoding, "the header is not valid UTF-8").At(fault.Where{Line: d.Start + 1})
		case strings.ContainsRune(name, 0):
			return fault.New(fault.InputFormat, "the header holds a NUL byte; this does not look like CSV").
				At(fault.Where{Line: d.Start + 1})
		}
		d.Columns = append(d.Columns, name)
	}
	if note := column.Distinct(d.Columns); note != "" {
		d.Notes = append(d.Notes, note)
	}
	return nil
}

// Name is how messages call a delimiter.
func Name(delimiter byte) string {
	switch delimiter {
	case ',':
		return "commas"
	case ';':
		return "semicolons"
	case '\t':
		return "tabs"
	default:
		return fmt.Sprintf("%q", delimiter)
	}
}

func option(delimiter byte) string {
	if delimiter == '\t' {
		return "tab"
	}
	return "'" + string(rune(delimiter)) + "'"
}
