package tagger

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// record is a line of examples, in one of two forms: tokens with their tags, or a text with its spans.
type record struct {
	Tokens []string `json:"tokens"`
	Tags   []string `json:"tags"`
	Text   *string  `json:"text"`
	Spans  []struct {
		Start *int   `json:"start"` // code points before it
		End   *int   `json:"end"`
		Type  string `json:"type"`
	} `json:"spans"`
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
func Read(name string, r io.Reader) iter.Seq2[Example, error] {
	return func(yield func(Example, error) bool) {
		lines := bufio.NewReaderSize(r, 1<<16)
		for line := int64(1); ; line++ {
			where := fault.Where{File: name, Line: line}
			text, err := readLine(lines)
			switch {
			case err == io.EOF && len(text) == 0:
				return
			case err != nil && err != io.EOF:
				yield(Example{Where: where}, lineError(err).At(where))
				return
			}
			if text = bytes.TrimSpace(text); len(text) > 0 {
				e, bad := parse(text, where)
				if bad != nil && !yield(Example{Where: where}, bad.At(where)) || bad == nil && !yield(e, nil) {
					return
				}
			}
			if err == io.EOF {
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
func parse(line []byte, where fault.Where) (Example, *fault.Error) {
	e := Example{Where: where}
	if !utf8.Valid(line) {
		return e, fault.New(fault.RecordUTF8, "the line is not valid UTF-8")
	}
	var r record
	if err := json.Unmarshal(line, &r); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) && kind.Field != "" {
			return e, fault.New(fault.RecordType, "%s is a %s", kind.Field, kind.Value)
		}
		return e, fault.New(fault.RecordJSON, "%w", err)
	}
	switch {
	case r.Tokens != nil && r.Text != nil:
		return e, e.bad("the line has both tokens and a text")
	case r.Tokens != nil:
		err := e.fromTags(r.Tokens, r.Tags)
		return e, err
	case r.Text != nil:
		err := e.fromSpans(*r.Text, &r)
		return e, err
	}
	return e, e.bad("the line has neither tokens and tags nor text and spans")
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
func (e *Example) fromSpans(text string, r *record) *fault.Error {
	e.Text = text
	var starts []int // of code points
	if len(r.Spans) > 0 {
		for i := range text {
			starts = append(starts, i)
		}
		starts = append(starts, len(text))
	}
	for i, s := range r.Spans {
		switch {
		case s.Start == nil || s.End == nil || s.Type == "":
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
		e.Entities = append(e.Entities, Entity{from, from + len(part), s.Type})
	}
	return nil
}
