package pipelinetest

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/cespare/xxhash/v2"

	"github.com/winnow-stream/winnow/classify"
)

// FakeClassifier labels a text by its hash, always the same, and fails as it is told to. Set its fields before use.
type FakeClassifier struct {
	Labels []string // default: a, b, c
	// Multi gives each text a list of labels: its own, and the next one after it.
	Multi bool
	// FailRow fails single texts by Results.Fail.
	FailRow func(text string) error
	// FailCall fails a whole call that holds such a text, without saying which one it was. It may panic.
	FailCall func(text string) error
	// Spoil changes the answers after they were given, to break the contract.
	Spoil func(out *classify.Results)
	// Script runs before each classify.
	Script Script

	calls calls
}

var _ classify.Classifier = (*FakeClassifier)(nil)

// Info describes the labels.
func (f *FakeClassifier) Info() classify.Info {
	mode := classify.Single
	if f.Multi {
		mode = classify.Multi
	}
	return classify.Info{Version: "fake-1", Labels: f.labels(), Mode: mode, Backend: "fake"}
}

func (f *FakeClassifier) labels() []string {
	if f.Labels == nil {
		return []string{"a", "b", "c"}
	}
	return f.Labels
}

// Calls returns what was called so far.
func (f *FakeClassifier) Calls() []Call { return f.calls.made() }

// LabelOf is the label that a text gets.
func (f *FakeClassifier) LabelOf(text string) string { return f.labels()[f.index(text)] }

func (f *FakeClassifier) index(text string) int32 {
	return int32(xxhash.Sum64String(text) % uint64(len(f.labels())))
}

// Classify labels the texts.
func (f *FakeClassifier) Classify(ctx context.Context, texts *array.String, out *classify.Results) error {
	if err := f.Script.run(ctx, f.calls.count(Call{Kind: "classify", Rows: texts.Len()})); err != nil {
		return err
	}
	out.Reset(texts.Len())
	for i := range texts.Len() {
		if err := f.row(texts, i, out); err != nil {
			return err
		}
		if f.Multi {
			out.Ends = append(out.Ends, int32(len(out.Scores)))
		}
	}
	if f.Spoil != nil {
		f.Spoil(out)
	}
	return nil
}

func (f *FakeClassifier) row(texts *array.String, i int, out *classify.Results) error {
	if texts.IsNull(i) {
		out.Reason[i] = classify.NullText
		return nil
	}
	text := texts.Value(i)
	if f.FailCall != nil {
		if err := f.FailCall(text); err != nil {
			return err
		}
	}
	if f.FailRow != nil {
		if err := f.FailRow(text); err != nil {
			out.Fail(i, err)
			return nil
		}
	}
	label := f.index(text)
	out.Label[i], out.Tokens[i] = label, int32(len(text))
	out.Confidence[i] = classify.RoundConfidence(0.5 + float64(xxhash.Sum64String(text)%1000)/2000)
	if f.Multi {
		second := (label + 1) % int32(len(f.labels()))
		out.Scores = append(out.Scores, classify.Score{Label: label, Confidence: out.Confidence[i]},
			classify.Score{Label: second, Confidence: 0.25})
	}
	return nil
}
