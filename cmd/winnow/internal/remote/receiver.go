package remote

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Receiver answers texts by a job's results, a line for each text that is not null. One goroutine uses it.
type Receiver struct {
	info    classify.Info
	indexes map[string]int32
	from    *bufio.Reader
	code    func(written string) *fault.Code
	line    int64
}

var _ classify.Classifier = (*Receiver)(nil)

// NewReceiver makes a receiver of results, which info's classifier gave. Code finds the registered code that a server
// wrote; nil for one that is unknown here.
func NewReceiver(from io.Reader, info classify.Info, code func(written string) *fault.Code) *Receiver {
	r := &Receiver{info: info, indexes: make(map[string]int32, len(info.Labels)), from: bufio.NewReaderSize(from, 256<<10), code: code}
	for i, name := range info.Labels {
		r.indexes[name] = int32(i)
	}
	return r
}

// Info is that of the classifier that answered.
func (r *Receiver) Info() classify.Info { return r.info }

// result is a line of results.
type result struct {
	Label      *string `json:"label"`
	Confidence float32 `json:"confidence"`
	Labels     []score `json:"labels"`
	Reason     string  `json:"reason"`
	Tokens     int32   `json:"tokens"`
	Error      *struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

type score struct {
	Label      string  `json:"label"`
	Confidence float32 `json:"confidence"`
}

// Classify answers the texts by the next lines.
func (r *Receiver) Classify(_ context.Context, texts *array.String, out *classify.Results) error {
	out.Reset(texts.Len())
	for row := range texts.Len() {
		if texts.IsNull(row) {
			out.Reason[row] = classify.NullText
		} else if err := r.answer(out, row); err != nil {
			return stop(err)
		}
		if r.info.Mode == classify.Multi {
			out.Ends = append(out.Ends, int32(len(out.Scores)))
		}
	}
	return nil
}

// answer reads the line of a row.
func (r *Receiver) answer(out *classify.Results, row int) error {
	line, err := r.from.ReadBytes('\n')
	switch {
	case errors.Is(err, io.EOF):
		return fault.New(fault.InputChanged, "the input has more texts than the %d that the job has results of", r.line)
	case err != nil:
		return fault.New(fault.InputRead, "read the job's results: %w", err)
	}
	r.line++
	var got result
	if err := json.Unmarshal(line, &got); err != nil {
		return r.strange("is not JSON")
	}
	out.Tokens[row] = got.Tokens
	out.Reason[row] = reasonOf(got.Reason)
	switch {
	case got.Error != nil:
		code := r.code(got.Error.Code)
		if code == nil || code.Fate != fault.Row {
			code = fault.ClassifyFailed
		}
		out.Fail(row, fault.New(code, "%s", got.Error.Message))
	case r.info.Mode == classify.Multi:
		return r.list(out, row, got.Labels)
	case got.Label != nil:
		index, known := r.indexes[*got.Label]
		if !known {
			return r.strange("has a label that is none of the job's")
		}
		out.Label[row], out.Confidence[row] = index, got.Confidence
	}
	return nil
}

// list takes the labels of a row, highest first.
func (r *Receiver) list(out *classify.Results, row int, labels []score) error {
	for i, l := range labels {
		index, known := r.indexes[l.Label]
		if !known {
			return r.strange("has a label that is none of the job's")
		}
		if i == 0 {
			out.Label[row], out.Confidence[row] = index, l.Confidence
		}
		out.Scores = append(out.Scores, classify.Score{Label: index, Confidence: l.Confidence})
	}
	return nil
}

func (r *Receiver) strange(what string) error {
	return fault.New(fault.ServerAnswer, "line %d of the results %s", r.line, what)
}

// reasonOf is the reason that is written so.
func reasonOf(written string) classify.Reason {
	for _, r := range []classify.Reason{classify.NullText, classify.NoKnownWords, classify.Abstained} {
		if r.String() == written {
			return r
		}
	}
	return classify.Labelled
}

// stop makes an error one that ends the pipeline: neither would a second try find the same lines, nor is any one row at
// fault.
func stop(err error) error {
	e, ok := fault.As(err)
	if !ok {
		e = fault.New(fault.ServerAnswer, "%w", err)
	}
	if e.Code.Fate == fault.Fatal {
		return e
	}
	return fault.New(fault.ServerAnswer, "%s", e.What).WithFix("%s", e.Remedy())
}
