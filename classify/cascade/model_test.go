package cascade_test

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/cascade"
)

// TestModel compares a cascade over batches with its rules written out for one text.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var cfg cascade.Config
		var stages []*scripted
		n := rapid.IntRange(1, 4).Draw(t, "stages")
		names := []string{"a", "b", "c"}
		vocabulary := rapid.IntRange(1, 12).Draw(t, "vocabulary")
		for k := range n {
			s := &scripted{labels: rapid.Permutation(names).Draw(t, "labels"), answers: map[string]answer{}}
			for i := range vocabulary {
				s.answers[strconv.Itoa(i)] = drawAnswer(t)
			}
			if k > 0 && rapid.IntRange(0, 4).Draw(t, "down") == 0 {
				s.err = errors.New("down")
			}
			stage := cascade.Stage{Classifier: s}
			if k < n-1 {
				stage.Confidence = float64(rapid.IntRange(0, 10).Draw(t, "least")) / 10
			}
			stages, cfg.Stages = append(stages, s), append(cfg.Stages, stage)
		}
		cfg.OnError = rapid.SampledFrom([]cascade.OnError{cascade.Fail, cascade.Keep}).Draw(t, "policy")
		c, err := cascade.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		var out classify.Results
		var read int64
		for range 3 {
			b := array.NewStringBuilder(memory.NewGoAllocator())
			rows := rapid.SliceOfN(rapid.IntRange(-1, vocabulary-1), 0, 20).Draw(t, "rows")
			for _, r := range rows {
				if r < 0 {
					b.AppendNull()
				} else {
					b.Append(strconv.Itoa(r))
				}
			}
			if err := c.Classify(context.Background(), b.NewStringArray(), &out); err != nil {
				if cfg.OnError == cascade.Keep {
					t.Fatal(err)
				}
				return // which call fails depends on what goes on: TestOnError has it
			}
			read += int64(len(rows))
			failures := out.Failures
			for i, r := range rows {
				failed := len(failures) > 0 && failures[0].Row == i
				if failed {
					failures = failures[1:]
				}
				got := answer{label: out.Label[i], confidence: out.Confidence[i], reason: out.Reason[i]}
				if r < 0 {
					if got.label != -1 || got.reason != classify.NullText || failed {
						t.Fatalf("a null text gave %+v", got)
					}
					continue
				}
				want := model(cfg, stages, strconv.Itoa(r))
				if want.err != nil != failed {
					t.Fatalf("text %d: failed is %v, want %+v", r, failed, want)
				}
				if diff := cmp.Diff(want, got, cmp.AllowUnexported(answer{}), cmpopts.IgnoreFields(answer{}, "err")); diff != "" && !failed {
					t.Fatalf("text %d of %d (-want +got)\n%s", r, i, diff)
				}
			}
			if len(failures) > 0 {
				t.Fatalf("failures without a row: %+v", failures)
			}
		}
		report := c.Report()
		sum := report.Nulls + report.Failed
		for _, s := range report.Stages {
			sum += s.Answered
		}
		if sum != report.Texts || report.Texts != read {
			t.Fatalf("%d texts were read, and accounted for are %+v", read, report)
		}
	})
}

func drawAnswer(t *rapid.T) answer {
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0:
		return answer{label: -1, reason: classify.NoKnownWords}
	case 1:
		return answer{label: -1, reason: classify.Abstained}
	case 2:
		return answer{label: -1, err: errors.New("no")}
	default:
		return answer{label: rapid.Int32Range(0, 2).Draw(t, "label"), confidence: float32(rapid.IntRange(1, 10).Draw(t, "confidence")) / 10}
	}
}

// model is the documented rule, text by text.
func model(cfg cascade.Config, stages []*scripted, text string) (stands answer) {
	index := map[string]int32{}
	for i, name := range stages[0].labels {
		index[name] = int32(i)
	}
	for k, s := range stages {
		a := s.answers[text]
		if s.err != nil {
			a = answer{label: -1, err: s.err}
		}
		if a.label >= 0 {
			a.label = index[s.labels[a.label]]
		}
		if a.err != nil {
			switch {
			case cfg.OnError == cascade.Fail:
				return a
			case k == 0 || stands.err != nil:
				stands = a
			}
			continue
		}
		if k == 0 || !(a.reason == classify.NoKnownWords && stands.label >= 0) {
			stands = a
		}
		if a.label >= 0 && a.confidence >= classify.RoundConfidence(cfg.Stages[k].Confidence) {
			return stands
		}
	}
	return stands
}
