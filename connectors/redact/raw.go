package redact

import (
	"bytes"
	"encoding/json"
	"unsafe"

	"github.com/winnow-stream/winnow/connectors/codec/csv"
	"github.com/winnow-stream/winnow/connectors/codec/jsonl"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// textField is the field of a line of text.
const textField = "text"

// raw appends a record's bytes, redacted.
func (w *rewriter) raw(dst, record []byte) ([]byte, error) {
	switch w.in.Raw {
	case pipeline.RawJSON:
		return w.json(dst, record, "")
	case pipeline.RawCSV:
		return w.csv(dst, record), nil
	case pipeline.RawText:
		if whole, _ := w.where.of(textField); !whole || !w.find.look(view(record)) {
			return append(dst, record...), nil
		}
		return w.find.append(dst, view(record)), nil
	default:
		return dst, fault.New(fault.Internal, "the record's bytes are of an unknown format")
	}
}

// view is a text over bytes that nobody changes while it is used.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// csv redacts the fields of a record by the columns of their index. Those without anything to hide keep their quotes.
func (w *rewriter) csv(dst, record []byte) []byte {
	end := len(bytes.TrimRight(record, "\r\n"))
	delimiter := w.in.CSV.Delimiter
	for at, column := 0, 0; ; column++ {
		stop, value := field(record[:end], at, delimiter)
		whole := w.where.all
		if column < w.in.Schema.NumFields() {
			whole, _ = w.where.of(w.in.Schema.Field(column).Name)
		}
		if whole && w.find.look(view(value)) {
			w.scratch = w.find.append(w.scratch[:0], view(value))
			if at < stop && record[at] == '"' {
				dst = csv.AppendQuoted(dst, w.scratch)
			} else {
				dst = csv.AppendField(dst, w.scratch, delimiter)
			}
		} else {
			dst = append(dst, record[at:stop]...)
		}
		if stop >= end {
			return append(dst, record[end:]...)
		}
		dst = append(dst, delimiter)
		at = stop + 1
	}
}

// field returns where the field of a record ends that begins at an index, and its value.
func field(record []byte, at int, delimiter byte) (stop int, value []byte) {
	if at == len(record) || record[at] != '"' {
		n := bytes.IndexByte(record[at:], delimiter)
		if n < 0 {
			n = len(record) - at
		}
		return at + n, record[at : at+n]
	}
	for i := at + 1; i < len(record); i++ {
		if record[i] != '"' {
			value = append(value, record[i])
			continue
		}
		if i+1 == len(record) || record[i+1] != '"' {
			return i + 1, value
		}
		value = append(value, '"')
		i++
	}
	return len(record), value
}

// json redacts a JSON value that has been checked already: the fields of an object by their names, behind a prefix.
func (w *rewriter) json(dst, text []byte, prefix string) ([]byte, error) {
	j := &jsonWriter{rewriter: w, in: text, out: dst}
	j.space()
	whole := prefix != ""
	if whole {
		whole, _ = w.where.of(prefix)
	}
	if err := j.value(prefix, whole, prefix == ""); err != nil {
		return dst, err
	}
	j.out = append(j.out, j.in[j.at:]...)
	return j.out, nil
}

// jsonWriter copies JSON from in to out.
type jsonWriter struct {
	*rewriter
	in  []byte
	at  int
	out []byte
}

var errJSON = fault.New(fault.Internal, "a record that was read as JSON is none")

// value copies a value. whole tells that everything in it is looked through, within that fields of it may be.
func (j *jsonWriter) value(path string, whole, within bool) error {
	switch c := j.peek(); {
	case c == '{' && (whole || within):
		return j.object(path, whole)
	case c == '[' && (whole || within):
		return j.list(path, whole)
	case c == '{' || c == '[':
		return j.skip()
	case c == '"':
		token, err := j.text()
		if err != nil {
			return err
		}
		j.hide(token, whole)
		return nil
	case c == 0:
		return errJSON
	}
	start := j.at
	for j.at < len(j.in) && bytes.IndexByte([]byte(",]} \t\r\n"), j.in[j.at]) < 0 {
		j.at++
	}
	if number := j.in[start:j.at]; whole && j.find.look(view(number)) {
		j.out = jsonl.AppendString(j.out, j.find.append(nil, view(number)))
	} else {
		j.out = append(j.out, number...)
	}
	return nil
}

// hide copies a text in quotes, with marks where it is looked through.
func (j *jsonWriter) hide(token []byte, whole bool) {
	if !whole {
		j.out = append(j.out, token...)
		return
	}
	value := token[1 : len(token)-1]
	if bytes.IndexByte(value, '\\') >= 0 {
		var plain string
		if json.Unmarshal(token, &plain) != nil { // a half surrogate, which no entity has
			plain = ""
		}
		value = []byte(plain)
	}
	if !j.find.look(view(value)) {
		j.out = append(j.out, token...)
		return
	}
	j.out = jsonl.AppendString(j.out, j.find.append(nil, view(value)))
}

// object copies an object's fields.
func (j *jsonWriter) object(path string, whole bool) error {
	j.copyByte()
	for first := true; ; first = false {
		j.space()
		switch c := j.peek(); {
		case c == '}':
			j.copyByte()
			return nil
		case c == ',' && !first:
			j.copyByte()
			j.space()
		}
		token, err := j.text()
		if err != nil {
			return err
		}
		j.out = append(j.out, token...)
		j.space()
		if j.peek() != ':' {
			return errJSON
		}
		j.copyByte()
		j.space()
		inner, innerWhole, within := "", whole, false
		if !whole {
			inner = name(token)
			if path != "" {
				inner = path + "." + inner
			}
			innerWhole, within = j.where.of(inner)
		}
		if err := j.value(inner, innerWhole, within); err != nil {
			return err
		}
	}
}

// name is a key's text.
func name(token []byte) string {
	var s string
	if json.Unmarshal(token, &s) != nil {
		return string(token)
	}
	return s
}

func (j *jsonWriter) list(path string, whole bool) error {
	j.copyByte()
	for {
		j.space()
		switch j.peek() {
		case ']':
			j.copyByte()
			return nil
		case ',':
			j.copyByte()
			j.space()
		}
		if err := j.value(path, whole, !whole); err != nil {
			return err
		}
	}
}

// skip copies an object or a list in which nothing is looked through.
func (j *jsonWriter) skip() error {
	start, depth := j.at, 0
	for j.at < len(j.in) {
		switch j.in[j.at] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			if _, err := j.text(); err != nil {
				return err
			}
			continue
		}
		j.at++
		if depth == 0 {
			j.out = append(j.out, j.in[start:j.at]...)
			return nil
		}
	}
	return errJSON
}

// text returns the text in quotes that begins here, and goes on behind it.
func (j *jsonWriter) text() ([]byte, error) {
	if j.peek() != '"' {
		return nil, errJSON
	}
	for i := j.at + 1; i < len(j.in); i++ {
		switch j.in[i] {
		case '\\':
			i++
		case '"':
			token := j.in[j.at : i+1]
			j.at = i + 1
			return token, nil
		}
	}
	return nil, errJSON
}

func (j *jsonWriter) peek() byte {
	if j.at == len(j.in) {
		return 0
	}
	return j.in[j.at]
}

func (j *jsonWriter) copyByte() {
	j.out = append(j.out, j.in[j.at])
	j.at++
}

func (j *jsonWriter) space() {
	for j.at < len(j.in) && bytes.IndexByte([]byte(" \t\r\n"), j.in[j.at]) >= 0 {
		j.copyByte()
	}
}
