package encode

import (
	"bytes"
	"strings"

	"github.com/winnow-stream/winnow/connectors/codec/csv"
	"github.com/winnow-stream/winnow/pipeline"
)

// Header returns the header record of a CSV file with its line end: as the input has it with the results' names added,
// or all names. Nil where there is none: other formats, and results spliced into a file without a header.
func (e *Encoder) Header() []byte {
	if e.opts.Format != CSV {
		return nil
	}
	if !e.splice {
		var dst []byte
		for i, name := range e.names {
			dst = e.appendName(dst, name, i > 0)
		}
		return append(dst, '\n')
	}
	if e.in.CSV.Header == nil {
		return nil
	}
	dst := append([]byte(nil), e.in.CSV.Header...)
	if e.result != nil {
		for _, f := range e.result.Fields() {
			dst = e.appendName(dst, f.Name, true)
		}
	}
	return append(dst, lineEnd(e.in.CSV)...)
}

func (e *Encoder) appendName(dst []byte, name string, delimit bool) []byte {
	if delimit {
		dst = append(dst, e.opts.Delimiter)
	}
	return e.appendText(new(scratch), dst, name)
}

func lineEnd(d *pipeline.Dialect) string {
	if d.LineEnd == "" {
		return "\n"
	}
	return d.LineEnd
}

// spliceCSV adds the results to the end of each raw record. A record keeps its own line end; a last one without gets
// the file's.
func (e *Encoder) spliceCSV(s *scratch, dst []byte) ([]byte, error) {
	for k := range s.b.Count() {
		row := s.row(k)
		if s.raw.IsNull(row) {
			return dst, missingRaw()
		}
		raw := s.raw.Value(row)
		record := bytes.TrimSuffix(bytes.TrimSuffix(raw, []byte{'\n'}), []byte{'\r'})
		end := raw[len(record):]
		dst = append(dst, record...)
		dst = e.appendFields(s, dst, s.results, row, true)
		if len(end) == 0 || end[len(end)-1] != '\n' {
			dst = append(dst, lineEnd(e.in.CSV)...)
		} else {
			dst = append(dst, end...)
		}
	}
	return dst, nil
}

// records writes each row's columns as a CSV record.
func (e *Encoder) records(s *scratch, dst []byte) ([]byte, error) {
	for k := range s.b.Count() {
		row, start := s.row(k), len(dst)
		dst = e.appendFields(s, dst, s.input, row, false)
		if e.in.Open {
			if len(s.input) > 0 {
				dst = append(dst, e.opts.Delimiter)
			}
			if s.extra != nil && s.extra.IsValid(row) {
				dst = e.appendText(s, dst, s.extra.Value(row))
			}
		}
		dst = e.appendFields(s, dst, s.results, row, len(s.input) > 0 || e.in.Open)
		if len(dst) == start {
			dst = csv.AppendQuoted(dst, nil) // a blank line would be no record
		}
		dst = append(dst, '\n')
	}
	return dst, nil
}

// appendFields appends values as CSV fields. Delimit says that fields stand before the first.
func (e *Encoder) appendFields(s *scratch, dst []byte, fields []field, row int, delimit bool) []byte {
	for i := range fields {
		f := &fields[i]
		if delimit || i > 0 {
			dst = append(dst, e.opts.Delimiter)
		}
		switch {
		case f.values.IsNull(row):
		case e.opts.Neutralize && f.column.isText():
			s.members = f.column.text(append(s.members[:0], '\''), row)
			dst = csv.AppendField(dst, neutral(s.members), e.opts.Delimiter)
		default:
			s.members = f.column.text(s.members[:0], row)
			dst = csv.AppendField(dst, s.members, e.opts.Delimiter)
		}
	}
	return dst
}

// appendText appends one text as a field.
func (e *Encoder) appendText(s *scratch, dst []byte, text string) []byte {
	s.members = append(append(s.members[:0], '\''), text...)
	if e.opts.Neutralize {
		return csv.AppendField(dst, neutral(s.members), e.opts.Delimiter)
	}
	return csv.AppendField(dst, s.members[1:], e.opts.Delimiter)
}

// neutral takes a text with an apostrophe before it, and takes that away again where the text is no formula.
func neutral(quoted []byte) []byte {
	if isFormula(quoted[1:]) {
		return quoted
	}
	return quoted[1:]
}

// isFormula reports whether a spreadsheet program would take a text for a formula (OWASP, CSV injection).
func isFormula(text []byte) bool {
	return len(text) > 0 && strings.IndexByte("=+-@\t\r", text[0]) >= 0
}
