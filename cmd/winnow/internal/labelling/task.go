package labelling

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Limits of a list of tasks, which is held in memory.
const (
	maxTasks = 100_000
	maxLine  = 16 << 20 // bytes, as the engine's max_record_bytes
)

// Task is a text to label, with what a classifier proposes. Fields that are not known here go into the answer as they came.
type Task struct {
	Text       string
	Proposed   []string // labels, the likeliest first; empty where there is no proposal
	Confidence float64  // of the first of them
	Second     string   // the label that is likeliest beside them
	Why        string   // the text was suggested
	rest       map[string]json.RawMessage
}

// Fields of a task, and of an answer.
const (
	fieldText       = "text"
	fieldProposed   = "proposed"
	fieldConfidence = "confidence"
	fieldSecond     = "second"
	fieldWhy        = "why"
	fieldLabel      = "label"
)

// ReadTasks reads tasks as lines of JSON: objects with a field text. Name says in errors what is read.
func ReadTasks(r io.Reader, name string) ([]Task, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	var tasks []Task
	line := int64(0)
	at := func(err *fault.Error) error { return err.At(fault.Where{File: name, Line: line}) }
	for lines.Scan() {
		line++
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		if len(tasks) == maxTasks {
			return nil, at(fault.New(fault.LabelTasks, "there are more than %d records to label", maxTasks))
		}
		t, err := parseTask(lines.Bytes())
		if err != nil {
			return nil, at(err)
		}
		tasks = append(tasks, *t)
	}
	line++
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, at(fault.New(fault.RecordTooLarge, "a line is longer than %d bytes", maxLine))
	case err != nil:
		return nil, fault.New(fault.InputRead, "%w", err).At(fault.Where{File: name})
	case len(tasks) == 0:
		return nil, fault.New(fault.InputEmpty, "there is nothing to label").At(fault.Where{File: name})
	}
	return tasks, nil
}

func parseTask(line []byte) (*Task, *fault.Error) {
	t := new(Task)
	if err := json.Unmarshal(line, &t.rest); err != nil || t.rest == nil {
		return nil, fault.New(fault.RecordJSON, "the line is not one JSON object")
	}
	if json.Unmarshal(t.rest[fieldText], &t.Text) != nil || strings.TrimSpace(t.Text) == "" {
		return nil, fault.New(fault.RecordTextMissing, "the record has no text in the field %q", fieldText).
			WithFix("write the records to label with winnow suggest, or name their texts so")
	}
	// What the screen merely shows may be missing, or something else.
	t.Proposed = names(t.rest[fieldProposed])
	_ = json.Unmarshal(t.rest[fieldConfidence], &t.Confidence)
	_ = json.Unmarshal(t.rest[fieldSecond], &t.Second)
	_ = json.Unmarshal(t.rest[fieldWhy], &t.Why)
	for _, f := range []string{fieldProposed, fieldConfidence, fieldSecond, fieldWhy} {
		delete(t.rest, f)
	}
	return t, nil
}

// names are a label or a list of labels.
func names(raw json.RawMessage) []string {
	var one string
	var list []string
	if json.Unmarshal(raw, &one) == nil && one != "" {
		return []string{one}
	}
	_ = json.Unmarshal(raw, &list)
	return list
}

// key tells tasks apart: what they hold beside proposals and answers.
func (t *Task) key() string { return key(t.rest) }

func key(fields map[string]json.RawMessage) string {
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name == fieldLabel {
			continue
		}
		b.WriteString(name + "\x00")
		_ = json.Compact(&b, fields[name]) // it was parsed
		b.WriteByte(0)
	}
	return b.String()
}

// answer is the line of a task with its labels: one as a text, several as a list.
func (t *Task) answer(labels []string, multi bool) ([]byte, error) {
	fields := maps.Clone(t.rest)
	var value any = labels
	if !multi {
		value = labels[0]
	}
	label, err := encode(value)
	if err != nil {
		return nil, err
	}
	fields[fieldLabel] = label
	line, err := encode(fields)
	if err != nil {
		return nil, err
	}
	return append(line, '\n'), nil
}

// encode is json.Marshal that leaves < and & as people wrote them.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
