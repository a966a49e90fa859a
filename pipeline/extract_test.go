package pipeline_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// firstWord finds a text's first word, and fails as it is told to.
type firstWord struct {
	fail  func(text string) error
	spoil func(out *classify.Entities)
}

func (firstWord) About() classify.ExtractorInfo {
	return classify.ExtractorInfo{Version: "first-1", Types: []string{"word", "never"}}
}

func (f firstWord) Extract(_ context.Context, texts *array.String, out *classify.Entities) error {
	out.Reset()
	for i := range texts.Len() {
		if texts.IsNull(i) {
			out.End()
			continue
		}
		text := texts.Value(i)
		if f.fail != nil {
			if err := f.fail(text); err != nil {
				out.Fail(err)
				continue
			}
		}
		if end := strings.IndexByte(text, ' '); end > 0 {
			out.Spans = append(out.Spans, classify.Span{End: int32(end), Confidence: 0.5})
		}
		out.End()
	}
	if f.spoil != nil {
		f.spoil(out)
	}
	return nil
}

func TestEntities(t *testing.T) {
	for _, both := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, 2, 100)
			r.cfg.Extractor = firstWord{fail: func(text string) error {
				if strings.HasPrefix(text, "text 33 ") {
					return errors.New("odd text")
				}
				return nil
			}}
			if !both {
				r.cfg.Classifier = nil
			}
			s, err := r.run(t)
			if err != nil {
				t.Fatal(err)
			}
			r.judge(t, s)
			e := s.Tally.Entities
			if s.Counts.Dead != 2 || len(e) != 2 || e[0].Type != "word" || e[0].Count != 198 || e[0].Rows != 198 || e[0].ConfidenceSum != 99 || e[1].Count != 0 {
				t.Errorf("%d dead, tally %+v", s.Counts.Dead, e)
			}
			for _, line := range r.sink.Store.Lines() {
				if !strings.Contains(line, `"entities":[{"confidence":0.5,"end":4,"start":0,"text":"text","type":"word"}]`) || strings.Contains(line, `"label"`) != both {
					t.Fatal(line)
				}
			}
			if !strings.Contains(r.dead.Store.Lines()[0], fault.EntitiesFailed.ID) {
				t.Error(r.dead.Store.Lines()[0])
			}
		})
	}
}

func TestBrokenExtractors(t *testing.T) {
	spoilers := map[string]func(out *classify.Entities){
		"a row less":      func(out *classify.Entities) { out.Ends = out.Ends[1:] },
		"behind its text": func(out *classify.Entities) { out.Spans[0].End = 1000 },
		"empty":           func(out *classify.Entities) { out.Spans[0].End = out.Spans[0].Start },
		"unknown type":    func(out *classify.Entities) { out.Spans[0].Type = 2 },
		"no confidence":   func(out *classify.Entities) { out.Spans[0].Confidence = 1.5 },
		"overlap": func(out *classify.Entities) {
			out.Spans = slices.Insert(out.Spans, 0, out.Spans[0])
			for i := range out.Ends {
				out.Ends[i]++
			}
		},
	}
	for name, spoil := range spoilers {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, 1, 20)
			r.cfg.Extractor = firstWord{spoil: spoil}
			if _, err := r.run(t); !fault.Is(err, fault.EntitiesReply) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

// blind hides nothing, or fails.
type blind struct {
	err   error
	wrong bool
}

func (b blind) Plan(*pipeline.Layout) (pipeline.Redaction, error) { return b, nil }

func (b blind) Redact(_ context.Context, v *pipeline.Batch) (record, result arrow.RecordBatch, err error) {
	if b.err != nil {
		return nil, nil, b.err
	}
	if b.wrong {
		return v.Record.NewSlice(0, v.Record.NumRows()-1), nil, nil
	}
	v.Record.Retain()
	v.Result.Retain()
	return v.Record, v.Result, nil
}

// TestRedactionThatFails lets nothing through.
func TestRedactionThatFails(t *testing.T) {
	for name, red := range map[string]blind{"an error": {err: fault.New(fault.RedactFormat, "no")}, "other rows": {wrong: true}} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, 1, 20)
			r.cfg.Redactors = []pipeline.Redactor{red}
			r.cfg.Alloc = nil // what a broken redaction leaves is its own
			if _, err := r.run(t); err == nil || len(r.sink.Store.Lines()) > 0 {
				t.Errorf("%s: %v, %d lines", name, err, len(r.sink.Store.Lines()))
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 2, 100)
		r.cfg.Redactors = []pipeline.Redactor{blind{}}
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		r.judge(t, s)
	})
}
