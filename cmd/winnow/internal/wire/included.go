package wire

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/winnow-stream/winnow/connectors/codec/jsonl"
)

// What the lines of a job's results may have beside their labels.
const (
	includeLine   = "line"   // the number of the record's line in the input, from 1 on
	includeID     = "id"     // the record's id and custom_id, where it has them
	includeInput  = "input"  // the record as it came
	includeScores = "scores" // every label with its confidence, the highest first
)

// included is what lines of results have beside their labels.
type included struct {
	line, id, input, scores bool
	least                   float32 // the confidence from which a label counts, where lists have all of them
}

// record tells whether anything of the records themselves is included.
func (i included) record() bool { return i.id || i.input }

func newIncluded(names []string) (i included) {
	for _, name := range names {
		switch name {
		case includeLine:
			i.line = true
		case includeID:
			i.id = true
		case includeInput:
			i.input = true
		case includeScores:
			i.scores = true
		}
	}
	return i
}

// append appends what is included of a record, as members of an object. What is no JSON is a text; nil: it can't be one.
func (i included) append(to []byte, offset int64, record []byte) []byte {
	if i.line {
		to = strconv.AppendInt(append(to, `,"line":`...), offset+1, 10)
	}
	if !i.record() {
		return to
	}
	record = bytes.TrimSpace(record)
	if i.id {
		to = appendIDs(to, record)
	}
	if !i.input {
		return to
	}
	to = append(to, `,"input":`...)
	switch {
	case len(record) == 0:
		return append(to, "null"...)
	case json.Valid(record):
		return append(to, record...)
	default:
		return jsonl.AppendString(to, record)
	}
}

// appendIDs appends a record's members id and custom_id, as they are written.
func appendIDs(to, record []byte) []byte {
	d := jsontext.NewDecoder(bytes.NewReader(record), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if brace, err := d.ReadToken(); err != nil || brace.Kind() != jsontext.KindBeginObject {
		return to
	}
	seen := make(map[string]bool, 2)
	for d.PeekKind() == jsontext.KindString {
		token, err := d.ReadToken()
		if err != nil {
			return to
		}
		key := token.String()
		value, err := d.ReadValue()
		if err != nil {
			return to
		}
		if (key == "id" || key == "custom_id") && !seen[key] {
			seen[key] = true
			to = append(append(append(append(to, `,"`...), key...), `":`...), value...)
		}
	}
	return to
}
