package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// telling is a classifier that explains each label by the first letter of the text, and then by the last.
type telling struct {
	*pipelinetest.FakeClassifier
	asked *int // texts that were explained
	spoil func(out *classify.Explanations)
	fails string // a text that can't be explained has this in it; empty: none
}

func (c telling) Explain(_ context.Context, texts *array.String, answers *classify.Results, most int, out *classify.Explanations) error {
	out.Reset()
	for i := range texts.Len() {
		if c.fails != "" && texts.IsValid(i) && strings.Contains(texts.Value(i), c.fails) {
			return errors.New("no words for this")
		}
		for _, label := range answers.Given(nil, i) {
			*c.asked++
			end := int32(len(texts.Value(i)))
			words := []classify.Word{{End: 1, Label: label, Weight: -1.23456}, {Start: end - 1, End: end, Label: label, Weight: 0.5}}
			out.Words = append(out.Words, words[:most]...)
		}
		out.End()
	}
	if c.spoil != nil {
		c.spoil(out)
	}
	return nil
}

func TestExplain(t *testing.T) {
	for _, multi := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, 2, 100)
			r.classifier.Multi = multi
			r.cfg.Classifier, r.cfg.Explain = telling{FakeClassifier: r.classifier, asked: new(int)}, 1
			r.cfg.Workers = 1
			s, err := r.run(t)
			if err != nil {
				t.Fatal(err)
			}
			r.judge(t, s)
			for _, line := range r.sink.Store.Lines() {
				want := `"explanation":[{"end":1,"start":0,"weight":-1.2346,"word":"t"}]`
				if multi {
					want = `{"end":1,"label":"b","start":0,"weight":-1.2346,"word":"t"}`
				}
				if !strings.Contains(line, want) && !(multi && strings.Contains(line, `"label":"c"},{"confidence":0.25,"label":"a"`)) {
					t.Fatal(line)
				}
			}
		})
	}
}

// TestExplainDictionary: a value of a dictionary is explained once, rows without a label are not, and places count
// code points.
func TestExplainDictionary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, 100)
		r.cfg.BatchRows = 100
		r.cfg.Stages = append(r.cfg.Stages, dictionaryStage{r.alloc})
		r.source.Text = func(_ int, n int64) *string {
			if n%10 == 9 {
				return nil
			}
			s := fmt.Sprintf("tüxt %d", n%3)
			return &s
		}
		asked := 0
		r.cfg.Classifier, r.cfg.Explain = telling{FakeClassifier: r.classifier, asked: &asked}, 2
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		r.judge(t, s)
		if asked != 3 {
			t.Errorf("%d texts were explained, want 3", asked)
		}
		null := 0
		for i, line := range r.sink.Store.Lines() {
			if strings.Contains(line, `"explanation":null`) {
				null++
			} else if want := fmt.Sprintf(`{"end":6,"start":5,"weight":0.5,"word":"%d"}]`, i%3); !strings.Contains(line, want) {
				t.Fatalf("%s, want %s", line, want)
			}
		}
		if null != 10 {
			t.Errorf("%d rows without an explanation, want the 10 without a text", null)
		}
	})
}

// TestUnexplained: a record whose answer can't be explained is dead, and the others are explained.
func TestUnexplained(t *testing.T) {
	for _, multi := range []bool{false, true} {
		for _, stages := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 2, 100)
				r.classifier.Multi = multi
				if stages {
					r.cfg.Stages = append(r.cfg.Stages, dictionaryStage{r.alloc})
				}
				r.cfg.Classifier, r.cfg.Explain = telling{FakeClassifier: r.classifier, asked: new(int), fails: "7"}, 1
				r.cfg.Workers = 1
				s, err := r.run(t)
				if err != nil {
					t.Fatal(err)
				}
				r.judge(t, s)
				if s.Counts.Dead == 0 || s.Counts.Delivered == 0 || s.Tally.Labels[0].Count > s.Counts.Delivered {
					t.Errorf("%+v, labels %+v", s.Counts, s.Tally.Labels)
				}
				for _, line := range r.dead.Store.Lines() {
					if !strings.Contains(line, "explain.failed") || !strings.Contains(line, "no words for this") {
						t.Error(line)
					}
				}
				for _, line := range r.sink.Store.Lines() {
					if !strings.Contains(line, `"explanation":[{"end":1`) && !multi {
						t.Error(line)
					}
				}
			})
		}
	}
}

func TestBrokenExplainers(t *testing.T) {
	for name, spoil := range map[string]func(out *classify.Explanations){
		"a row less":      func(out *classify.Explanations) { out.Ends = out.Ends[1:] },
		"behind the list": func(out *classify.Explanations) { out.Ends[len(out.Ends)-1]++ },
		"behind its text": func(out *classify.Explanations) { out.Words[0].End = 1000 },
		"empty":           func(out *classify.Explanations) { out.Words[0].End = 0 },
		"unknown label":   func(out *classify.Explanations) { out.Words[0].Label = 3 },
		"no weight":       func(out *classify.Explanations) { out.Words[0].Weight = float32(math.NaN()) },
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, 1, 20)
			r.cfg.Classifier, r.cfg.Explain = telling{FakeClassifier: r.classifier, asked: new(int), spoil: spoil}, 1
			r.cfg.Workers = 1
			if _, err := r.run(t); !fault.Is(err, fault.ClassifyReply) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

func TestExplainNeedsAnExplainer(t *testing.T) {
	r := newRig(t, 1, 1)
	r.cfg.Explain = 1
	if _, err := pipeline.New(r.cfg); err == nil {
		t.Error("a classifier without an explainer is taken")
	}
}
