package remote

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Sender writes the texts that it is asked for as lines of JSON, and answers none. One goroutine uses it.
type Sender struct {
	info  classify.Info
	to    io.Writer
	lines []byte
	sent  int64
	err   error
}

var _ classify.Classifier = (*Sender)(nil)

// NewSender makes a sender. Info is that of the classifier that will answer, as far as it is known.
func NewSender(to io.Writer, info classify.Info) *Sender { return &Sender{info: info, to: to} }

// Info is what is known of the classifier that will answer.
func (s *Sender) Info() classify.Info { return s.info }

// Sent is how many texts were written.
func (s *Sender) Sent() int64 { return s.sent }

// Err is why writing failed; nil where it did not.
func (s *Sender) Err() error { return s.err }

// Classify writes the texts that are not null.
func (s *Sender) Classify(ctx context.Context, texts *array.String, out *classify.Results) error {
	out.Reset(texts.Len())
	s.lines = s.lines[:0]
	for row := range texts.Len() {
		if texts.IsNull(row) {
			out.Reason[row] = classify.NullText
			continue
		}
		s.lines = append(s.lines, `{"text":`...)
		line, err := jsontext.AppendQuote(s.lines, texts.Value(row))
		if err != nil { // it replaces what is no UTF-8, which no source lets through
			return fault.New(fault.RecordUTF8, "the text is not valid UTF-8")
		}
		s.lines = append(line, "}\n"...)
		s.sent++
	}
	if _, err := s.to.Write(s.lines); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.err = err
		if _, coded := fault.As(err); !coded {
			err = fault.New(fault.ServerUnreachable, "the upload broke off: %w", errors.Unwrap(err))
		}
		return stop(err)
	}
	return nil
}
