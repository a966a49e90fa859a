package jsonl

import (
	"strconv"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/winnow-stream/winnow/pipeline"
)

// exactInFloat is up to where every integer has a float64 of its own.
const exactInFloat = 1 << 53

// maxFields is how many different fields a schema takes; those after it stay in _extra.
const maxFields = 2000

// Inference finds the schema of JSON records by looking at the first of them.
type Inference struct {
	Records int // valid objects seen so far
	fields  []inferred
	byName  map[string]int
}

type inferred struct {
	name string
	seen kinds
}

// kinds is the set of kinds of values that a field had.
type kinds uint8

const (
	sawString kinds = 1 << iota
	sawInt
	sawLongInt // an integer that float64 can't hold exactly
	sawHugeInt // an integer of more than 64 bits
	sawFloat
	sawBool
	sawNested
)

// Add looks at one record, its line end included or not. Records that are no valid object count for nothing; it
// reports whether the record was one.
func (f *Inference) Add(record []byte) bool {
	if !utf8.Valid(record) {
		return false
	}
	s := scanner{data: record}
	i := s.space(0)
	if !s.is(i, '{') {
		return false
	}
	if end := s.nested(i); end < 0 || s.space(end) < len(record) {
		return false
	}
	f.Records++
	f.members(&s, s.space(i+1))
	return true
}

// members notes the fields of a valid object whose first name is at i.
func (f *Inference) members(s *scanner, i int) {
	for s.is(i, '"') {
		name := i
		var kind Kind
		i, kind = s.str(i + 1)
		key := s.data[name+1 : i-1]
		if kind == Escaped {
			plain := make([]byte, len(key))
			n, _ := unescape(plain, key)
			key = plain[:n]
		}
		from := s.space(s.space(i) + 1)
		i, kind = s.value(from)
		f.note(key, kindsOf(kind, s.data[from:i]))
		if i = s.space(i); s.is(i, ',') {
			i = s.space(i + 1)
		}
	}
}

func (f *Inference) note(name []byte, k kinds) {
	at, known := f.byName[string(name)]
	if !known {
		if len(f.fields) >= maxFields {
			return
		}
		if f.byName == nil {
			f.byName = map[string]int{}
		}
		at = len(f.fields)
		f.byName[string(name)] = at
		f.fields = append(f.fields, inferred{name: string(name)})
	}
	f.fields[at].seen |= k
}

func kindsOf(k Kind, text []byte) kinds {
	switch k {
	case String, Escaped:
		return sawString
	case True, False:
		return sawBool
	case Object, Array:
		return sawNested
	case Float:
		return sawFloat
	case Int:
		return intKind(text)
	default:
		return 0
	}
}

func intKind(text []byte) kinds {
	n, err := strconv.ParseInt(string(text), 10, 64)
	switch {
	case err != nil:
		return sawHugeInt
	case n > exactInFloat || n < -exactInFloat:
		return sawInt | sawLongInt
	default:
		return sawInt
	}
}

// Schema returns the fields in the order in which they were first seen: utf8, int64, float64 (integers and fractions
// mixed) or bool; JSON text where values are nested, of different kinds, only null, or numbers that neither type holds.
func (f *Inference) Schema() *arrow.Schema {
	fields := make([]arrow.Field, len(f.fields))
	for i, in := range f.fields {
		fields[i] = arrow.Field{Name: in.name, Nullable: true}
		switch in.seen {
		case sawString:
			fields[i].Type = arrow.BinaryTypes.String
		case sawInt, sawInt | sawLongInt:
			fields[i].Type = arrow.PrimitiveTypes.Int64
		case sawFloat, sawInt | sawFloat:
			fields[i].Type = arrow.PrimitiveTypes.Float64
		case sawBool:
			fields[i].Type = arrow.FixedWidthTypes.Boolean
		default:
			fields[i].Type, fields[i].Metadata = arrow.BinaryTypes.String, pipeline.JSONText
			if in.seen == 0 || in.seen&sawString != 0 {
				fields[i].Metadata = pipeline.MixedText
			}
		}
	}
	return arrow.NewSchema(fields, nil)
}
