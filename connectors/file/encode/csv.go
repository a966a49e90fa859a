package encode

import (
	"bytes"
	"strings"

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
	start := len(dst)
	return e.quote(append(dst, name...), start, true)
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
		dst = e.appendFields(dst, s.results, row, true)
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
		row := s.row(k)
		start := len(dst)
		dst = e.appendFields(dst, s.input, row, false)
		if e.in.Open {
			dst = append(dst, e.opts.Delimiter)
			if s.extra != nil && s.extra.IsValid(row) {
				at := len(dst)
				dst = e.quote(append(dst, s.extra.Value(row)...), at, true)
			}
		}
		dst = e.appendFields(dst, s.results, row, len(s.input) > 0 || e.in.Open)
		if len(dst) == start && len(e.names) == 1 {
			dst = append(dst, `""`...) // a blank line would be no record
		}
		dst = append(dst, '\n')
	}
	return dst, nil
}

// appendFields appends values as CSV fields. Delimit says that fields stand before the first.
func (e *Encoder) appendFields(dst []byte, fields []field, row int, delimit bool) []byte {
	for i := range fields {
		f := &fields[i]
		if delimit || i > 0 {
			dst = append(dst, e.opts.Delimiter)
		}
		if f.values.IsNull(row) {
			continue
		}
		start := len(dst)
		dst = e.quote(f.column.text(dst, row), start, f.column.isText())
	}
	return dst
}

// quote quotes the field that begins at dst[start] where RFC 4180 or its own white space asks for it. Text fields that
// begin like a formula are neutralized where the options say so.
func (e *Encoder) quote(dst []byte, start int, text bool) []byte {
	value := dst[start:]
	if text && e.opts.Neutralize && isFormula(value) {
		dst = append(dst, 0)
		copy(dst[start+1:], dst[start:])
		dst[start] = '\''
		value = dst[start:]
	}
	if !needsQuotes(value, e.opts.Delimiter) {
		return dst
	}
	inner := bytes.Count(value, []byte{'"'})
	n := len(value)
	dst = append(dst, make([]byte, inner+2)...)
	at := len(dst) - 1
	dst[at] = '"'
	at--
	for i := start + n - 1; i >= start; i-- { // from the end, so that nothing is overwritten before it moved
		c := dst[i]
		dst[at] = c
		at--
		if c == '"' {
			dst[at] = '"'
			at--
		}
	}
	dst[start] = '"'
	return dst
}

// needsQuotes reports whether a field must be quoted: it holds the delimiter, a quote or a line break, or begins or
// ends with white space, which some readers trim.
func needsQuotes(field []byte, delimiter byte) bool {
	if len(field) == 0 {
		return false
	}
	first, last := field[0], field[len(field)-1]
	if first == ' ' || last == ' ' || first == '\t' || last == '\t' {
		return true
	}
	for _, c := range field {
		if c == delimiter || c == '"' || c == '\n' || c == '\r' {
			return true
		}
	}
	return false
}

// isFormula reports whether a spreadsheet program would take a text for a formula (OWASP, CSV injection).
func isFormula(text []byte) bool {
	return len(text) > 0 && strings.IndexByte("=+-@\t\r", text[0]) >= 0
}
