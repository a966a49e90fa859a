package encode

import (
	"github.com/winnow-stream/winnow/connectors/codec/jsonl"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// spliceJSON puts the results before the closing brace of each raw object.
func (e *Encoder) spliceJSON(s *scratch, dst []byte) ([]byte, error) {
	for k := range s.b.Count() {
		row := s.row(k)
		if s.raw.IsNull(row) {
			return dst, missingRaw()
		}
		s.members = e.appendMembers(s.members[:0], s.results, row)
		dst = jsonl.AppendSpliced(dst, s.raw.Value(row), s.members)
		dst = append(dst, '\n')
		s.end(len(dst))
	}
	return dst, nil
}

// objects writes each row's columns as an object.
func (e *Encoder) objects(s *scratch, dst []byte) ([]byte, error) {
	for k := range s.b.Count() {
		row := s.row(k)
		dst = append(dst, '{')
		start := len(dst)
		dst = e.appendMembers(dst, s.input, row)
		dst = appendExtra(dst, s, row, len(dst) > start)
		if len(s.results) > 0 {
			s.members = e.appendMembers(s.members[:0], s.results, row)
			if len(dst) > start && len(s.members) > 0 {
				dst = append(dst, ',')
			}
			dst = append(dst, s.members...)
		}
		dst = append(dst, '}', '\n')
		s.end(len(dst))
	}
	return dst, nil
}

// appendMembers appends "name":value pairs, separated by commas.
func (e *Encoder) appendMembers(dst []byte, fields []field, row int) []byte {
	start := len(dst)
	for i := range fields {
		f := &fields[i]
		null := f.values.IsNull(row)
		if null && e.omitNull {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(dst, f.key...)
		if null {
			dst = append(dst, "null"...)
		} else {
			dst = f.column.json(dst, row)
		}
	}
	return dst
}

// appendExtra merges the members of the row's _extra object back.
func appendExtra(dst []byte, s *scratch, row int, comma bool) []byte {
	if s.extra == nil || s.extra.IsNull(row) {
		return dst
	}
	text := s.extra.Value(row)
	if len(text) <= len("{}") {
		return dst
	}
	if comma {
		dst = append(dst, ',')
	}
	return append(dst, text[1:len(text)-1]...)
}

func appendJSONString(dst []byte, s string) []byte { return jsonl.AppendString(dst, s) }

func missingRaw() error {
	return fault.New(fault.Internal, "a row has no bytes in %s to splice results into", pipeline.ColRaw)
}
