package xlsx

import (
	"strconv"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// kind is the type of a cell's value (ECMA-376, ST_CellType).
type kind uint8

const (
	numberCell kind = iota
	sharedCell      // the number of a shared text
	inlineCell      // a text in the cell itself
	formulaCell
	boolCell
	errorCell
	dateCell // ISO 8601
)

func kindOf(t []byte) kind {
	switch string(t) {
	case "s":
		return sharedCell
	case "inlineStr":
		return inlineCell
	case "str":
		return formulaCell
	case "b":
		return boolCell
	case "e":
		return errorCell
	case "d":
		return dateCell
	default:
		return numberCell
	}
}

// parts says what elements a cell has.
type parts struct{ value, inline, formula bool }

// readValue appends a cell's value as it stands in the file to s.text, up to the cell's end tag.
func (s *sheet) readValue() (found parts, err error) {
	var rich richText
	inValue := false
	for {
		t, err := s.scan.next()
		if err != nil {
			return found, err
		}
		name := string(s.scan.name)
		switch {
		case t == text && inValue:
			s.text, err = s.scan.appendText(s.text)
		case t == text:
			s.text, err = rich.append(s.text, s.scan, t)
		case name == "c":
			return found, nil
		case name == "v":
			inValue = t == startTag
			found.value = true
		case name == "f":
			found.formula = true
		case name == "is":
			found.inline = true
		default:
			s.text, err = rich.append(s.text, s.scan, t)
		}
		if err != nil {
			return found, err
		}
	}
}

// finish makes the cell's text of its value. It returns false for a cell without a value. Errors are about the file;
// what is about the cell alone is in c.err.
func (s *sheet) finish(c *cell, k kind, style int, found parts) (bool, error) {
	value := s.text[c.from:]
	if len(value) == 0 && !(found.value && k == formulaCell) && !(found.inline && k == inlineCell) {
		if found.formula {
			c.err = s.fault(fault.RecordFormula, c.column, "has a formula without a stored result")
		}
		return found.formula, nil
	}
	switch k {
	case sharedCell:
		i, err := strconv.Atoi(string(value))
		shared, ok := s.book.shared.at(i)
		if err != nil || !ok {
			name := cellName(c.column, s.row)
			return false, fault.New(fault.InputCorrupt, "cell %s refers to the shared text %.20q; there are %d", name, value, len(s.book.shared.spans)).
				At(fault.Where{File: s.book.path, Cell: name})
		}
		s.text = append(s.text[:c.from], shared...)
	case inlineCell, formulaCell:
		s.text = s.text[:c.from+len(unescape(value))]
	case boolCell:
		if s.kept {
			s.keep(c.column, append(s.values, boolValue(value)...))
		}
		s.text = append(s.text[:c.from], boolText(value)...)
	case errorCell:
		c.err = s.fault(fault.RecordCellError, c.column, "holds the error "+string(value))
	case numberCell:
		return s.number(c, value, style)
	case dateCell:
	}
	return true, nil
}

// number shows a number by its format.
func (s *sheet) number(c *cell, value []byte, style int) (bool, error) {
	if _, err := strconv.ParseFloat(string(value), 64); err != nil {
		return false, badXML("cell %s holds the number %.40q", cellName(c.column, s.row), value)
	}
	if s.skim {
		return true, nil
	}
	if s.kept {
		s.keep(c.column, s.book.format.appendTyped(s.values, value, style))
	}
	shown, err := s.book.format.append(s.shown[:0], value, style)
	s.shown = shown
	s.text = append(s.text[:c.from], shown...)
	return true, err
}

// keep keeps what was appended to the values as that of a column's cell; nothing was: it is its text.
func (s *sheet) keep(column int, values []byte) {
	if from := len(s.values); len(values) > from {
		s.typed = append(s.typed, typed{column, from, len(values)})
	}
	s.values = values
}

func (s *sheet) fault(code *fault.Code, column int, what string) *fault.Error {
	name := cellName(column, s.row)
	return fault.New(code, "cell %s %s", name, what).
		At(fault.Where{File: s.book.path, Offset: s.row - 1, HasOffset: true, Cell: name})
}

func boolText(value []byte) string {
	if isTrue(value) {
		return "TRUE"
	}
	return "FALSE"
}

func boolValue(value []byte) string { return strconv.FormatBool(isTrue(value)) }

func isTrue(value []byte) bool { return string(value) == "1" || string(value) == "true" }
