package jsonl

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// problem is a mistake in a record's text.
type problem uint8

const (
	sound problem = iota
	endsEarly
	control
	badEscape
	badValue
	badNumber
	badUTF8
	tooDeep
	wantName
	wantColon
	wantCommaBrace
	wantCommaBracket
	wantEnd
	notObject
	twice
	reserved
)

var problemText = [...]string{
	endsEarly:        "the line ends inside a JSON value",
	badEscape:        "a backslash is followed by no known escape",
	badValue:         "no JSON value begins here",
	badNumber:        "a number is not as JSON writes it",
	tooDeep:          "arrays and objects are nested too deeply",
	wantName:         "a field name in double quotes is missing",
	wantColon:        "':' is missing after a field name",
	wantCommaBrace:   "',' or '}' is missing",
	wantCommaBracket: "',' or ']' is missing",
	wantEnd:          "there is text after the end of the object",
	reserved:         "", // this and those not listed have texts of their own
}

// place is where a record lies.
type place struct {
	file   string
	offset int64
}

func (p place) at(column int64) fault.Where {
	return fault.Where{File: p.file, Line: p.offset + 1, Column: column, Offset: p.offset, HasOffset: true}
}

// fault makes the error of a record whose text holds a problem. Raw is the record with its line end, text what the
// scanner saw of it.
func (s *scanner) fault(p place, raw []byte) *fault.Error {
	column := int64(utf8.RuneCount(s.data[s.from:min(s.at, len(s.data))])) + 1
	code, what, fix := fault.RecordJSON, problemText[s.bad], ""
	switch s.bad {
	case endsEarly:
		if !bytes.HasSuffix(raw, []byte("\n")) {
			what += "; the file may be truncated"
			fix = "get the whole file; the record is its last"
		}
	case control:
		code = fault.RecordControl
		what = fmt.Sprintf("a control character (0x%02x) stands unescaped", s.data[s.at])
	case badUTF8:
		code = fault.RecordUTF8
		what = fmt.Sprintf("byte 0x%02x is not valid UTF-8", s.data[s.at])
	case notObject:
		code = fault.RecordShape
		what = fmt.Sprintf("the line is %s, not an object", shapeName(s.data[s.at]))
	case twice:
		code = fault.RecordDuplicateKey
		what = fmt.Sprintf("field %q stands twice in the record", s.name)
	case reserved:
		code = fault.RecordFieldConflict
		what = fmt.Sprintf("the record already has a field %q, which is a result's name", s.name)
	}
	err := fault.New(code, "%s", what)
	where := p.at(column)
	err.Fix = fix
	if s.bad == twice || s.bad == reserved {
		where.Field = s.name
	}
	return err.At(where)
}

func shapeName(c byte) string {
	switch c {
	case '[':
		return "a JSON array"
	case '"':
		return "a JSON string"
	case 't', 'f':
		return "a JSON boolean"
	case 'n':
		return "the JSON value null"
	default:
		return "a JSON number"
	}
}

// firstInvalid is the index of the first byte of b that is not valid UTF-8; len(b) where all are.
func firstInvalid(b []byte) int {
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(b)
}
