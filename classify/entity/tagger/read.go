package tagger

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Fields are the names of the fields of JSON lines, and the column of tags in columns. The zero Fields are the usual ones.
type Fields struct {
	Text  string // of the text, or of the tokens; default: tokens, text
	Marks string // of the tags, or of the spans; default: tags, spans. In columns their number, from 1; default: the last
}

// marked is a span as it is written.
type marked struct {
	Start *int   `json:"start"` // code points before it
	End   *int   `json:"end"`
	Type  string `json:"type"`
	Label string `json:"label"` // instead of type
}

// Read yields the examples of JSON lines, which may have other fields too:
//
//	{"tokens": ["in", "New", "York"], "tags": ["O", "B-city", "I-city"]}
//	{"text": "in New York", "spans": [{"start": 3, "end": 11, "type": "city"}]}
//
// Tokens are joined by spaces. An I- tag that follows no tag of its type begins an entity, as if it were B-, and white
// space at the ends of a span is left out of it; both count as repaired. start and end count code points.
//
// name is what errors call the file. A line that can't be used yields a *fault.Error; what follows can still be asked for,
// unless reading itself failed.
func (f Fields) Read(name string, r io.Reader) iter.Seq2[Example, error] {
	return func(yield func(Example, error) bool) {
		for line, err := range readLines(name, r) {
			if err != nil {
				yield(Example{Where: line.where}, err)
				return
			}
			if len(line.text) == 0 {
				continue
			}
			e, bad := f.parse(line.text, line.where)
			if bad != nil && !yield(Example{Where: line.where}, bad.At(line.where)) || bad == nil && !yield(e, nil) {
				return
			}
		}
	}
}

// Read yields the examples of JSON lines with the usual fields.
func Read(name string, r io.Reader) iter.Seq2[Example, error] { return Fields{}.Read(name, r) }

// line is a line of a file, without the white space at its ends.
type line struct {
	text  []byte // valid until the next line
	where fault.Where
}

// readLines yields the lines of a file. An error, which comes with its line, is the last.
func readLines(name string, r io.Reader) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		lines := bufio.NewReaderSize(r, 1<<16)
		for number := int64(1); ; number++ {
			where := fault.Where{File: name, Line: number}
			text, err := readLine(lines)
			switch {
			case err == io.EOF && len(text) == 0:
				return
			case err != nil && err != io.EOF:
				yield(line{where: where}, lineError(err).At(where))
				return
			}
			if !yield(line{bytes.TrimSpace(text), where}, nil) || err == io.EOF {
				return
			}
		}
	}
}

var errLongLine = errors.New("the line is too long")

// readLine reads a line of at most maxLine bytes.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxLine {
			return nil, errLongLine
		}
		if err != bufio.ErrBufferFull {
			return line, err
		}
	}
}

func lineError(err error) *fault.Error {
	if err == errLongLine {
		return fault.New(fault.RecordTooLarge, "the line has more than %d bytes", maxLine)
	}
	return fault.New(fault.InputRead, "%w", err)
}

// parse reads one line.
func (f Fields) parse(line []byte, where fault.Where) (Example, *fault.Error) {
	e := Example{Where: where}
	if !utf8.Valid(line) {
		return e, fault.New(fault.RecordUTF8, "the line is not valid UTF-8")
	}
	var r fields
	if err := json.Unmarshal(line, &r); err != nil {
		return e, fault.New(fault.RecordJSON, "%w", err)
	}
	name := f.Text
	if name == "" {
		switch tokens, text := r.has("tokens"), r.has("text"); {
		case tokens && text:
			return e, e.bad("the line has both tokens and a text")
		case tokens:
			name = "tokens"
		case text:
			name = "text"
		default:
			return e, e.bad("the line has neither tokens and tags nor text and spans")
		}
	}
	if name == "tokens" || name != "text" && bytes.HasPrefix(r[name], []byte("[")) {
		err := e.tagged(r, name, cmp.Or(f.Marks, "tags"))
		return e, err
	}
	err := e.spanned(r, name, f.Marks)
	return e, err
}

// tagged reads tokens and their tags.
func (e *Example) tagged(r fields, tokens, tags string) *fault.Error {
	var words, marks []string
	if err := cmp.Or(r.read(e, tokens, &words), r.read(e, tags, &marks)); err != nil {
		return err
	}
	return e.fromTags(words, marks)
}

// spanned reads a text and its spans. A line without any needs no field for them, unless it was named.
func (e *Example) spanned(r fields, text, spans string) *fault.Error {
	var s []marked
	err := r.read(e, text, &e.Text)
	if name := cmp.Or(spans, "spans"); err == nil && (spans != "" || r.has(name)) {
		err = r.read(e, name, &s)
	}
	if err != nil {
		return err
	}
	return e.fromSpans(s)
}

// fields are those of a line.
type fields map[string]json.RawMessage

func (r fields) has(name string) bool { return r[name] != nil && string(r[name]) != "null" }

// read decodes a field that the line has to have.
func (r fields) read(e *Example, name string, to any) *fault.Error {
	if !r.has(name) {
		bad := e.bad("the line has no field %q", name)
		if near := fault.Nearest(name, slices.Sorted(maps.Keys(r))); near != "" {
			bad = bad.WithFix("did you mean %q?", near)
		}
		return bad
	}
	err := json.Unmarshal(r[name], to)
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fault.New(fault.RecordType, "%s is a %s", strings.TrimSuffix(name+"."+kind.Field, "."), kind.Value).
			WithFix("name the fields that hold the text and the list of its spans, or the lists of tokens and tags")
	}
	if err != nil {
		return fault.New(fault.RecordJSON, "%s: %w", name, err)
	}
	return nil
}

// fromTags joins tokens to a text and tags to entities.
func (e *Example) fromTags(tokens, tags []string) *fault.Error {
	if len(tokens) != len(tags) {
		return e.bad("there are %d tokens and %d tags", len(tokens), len(tags))
	}
	e.Text = strings.Join(tokens, " ")
	at, before := 0, "" // type of the tag before
	for i, tag := range tags {
		end := at + len(tokens[i])
		kind, typ, _ := strings.Cut(tag, "-")
		switch {
		case strings.TrimSpace(tokens[i]) != tokens[i] || tokens[i] == "":
			return e.bad("token %d is empty, or white space is at its ends", i+1)
		case tag == "O":
		case typ == "" || kind != "B" && kind != "I":
			return e.bad("tag %d is %.60q, not O, B-type or I-type", i+1, tag)
		case kind == "I" && typ == before:
			e.Entities[len(e.Entities)-1].End = end
		default:
			if kind == "I" {
				e.Repaired++
			}
			e.Entities = append(e.Entities, Entity{at, end, typ})
		}
		before = typ
		at = end + 1
	}
	return nil
}

// fromSpans turns offsets in code points to offsets in bytes.
func (e *Example) fromSpans(spans []marked) *fault.Error {
	text := e.Text
	var starts []int // of code points
	if len(spans) > 0 {
		for i := range text {
			starts = append(starts, i)
		}
		starts = append(starts, len(text))
	}
	for i, s := range spans {
		typ := cmp.Or(s.Type, s.Label)
		switch {
		case s.Start == nil || s.End == nil || typ == "":
			return e.bad("span %d lacks start, end or type", i+1)
		case *s.Start < 0 || *s.End >= len(starts) || *s.Start >= *s.End:
			return e.bad("span %d goes from %d to %d of a text of %d characters", i+1, *s.Start, *s.End, len(starts)-1)
		}
		start, end := starts[*s.Start], starts[*s.End]
		part := strings.TrimLeftFunc(text[start:end], unicode.IsSpace)
		from := end - len(part)
		part = strings.TrimRightFunc(part, unicode.IsSpace)
		if part == "" {
			return e.bad("span %d is nothing but white space", i+1)
		}
		if len(part) != end-start {
			e.Repaired++
		}
		e.Entities = append(e.Entities, Entity{from, from + len(part), typ})
	}
	return nil
}
