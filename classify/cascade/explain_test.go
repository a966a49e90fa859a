package cascade_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/cascade"
	"github.com/winnow-stream/winnow/classify/static"
)

// TestExplain: each answer is explained as the stage that gave it does, and the stages' reports do not count that.
func TestExplain(t *testing.T) {
	first, second := newStatic(t, static.Config{Labels: tickets}), newStatic(t, static.Config{Labels: described})
	batch := texts("the app crashes", "I want a refund for the invoice", "hello", "thank you so much", "\u2603", "is it a bug or a payment")
	var sure classify.Results
	if err := first.Classify(t.Context(), batch, &sure); err != nil {
		t.Fatal(err)
	}
	c := newCascade(t, cascade.Config{Stages: []cascade.Stage{{Classifier: first, Confidence: 0.6}, {Classifier: second}}})
	var out classify.Results
	if err := c.Classify(t.Context(), batch, &out); err != nil {
		t.Fatal(err)
	}
	before := c.Stages()
	var why classify.Explanations
	if err := c.Explainer().Explain(t.Context(), batch, &out, 0, &why); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, c.Stages()); diff != "" {
		t.Errorf("the explanation was counted (-before +after)\n%s", diff)
	}
	byFirst := 0
	for row := range out.Len() {
		stage := second
		if sure.Label[row] >= 0 && sure.Confidence[row] >= 0.6 {
			stage = first
			byFirst++
		}
		if diff := cmp.Diff(alone(t, stage, batch.Value(row)), named(why.Row(row), c.Info().Labels)); diff != "" {
			t.Errorf("%q (-its stage +cascade)\n%s", batch.Value(row), diff)
		}
	}
	if byFirst == 0 || byFirst == out.Len() {
		t.Errorf("the first stage answered %d of %d: the test says nothing", byFirst, out.Len())
	}
}

// word is a classify.Word with the name of its label.
type word struct {
	Label      string
	Start, End int32
	Weight     float32
}

func named(words []classify.Word, labels []string) (out []word) {
	for _, w := range words {
		out = append(out, word{labels[w.Label], w.Start, w.End, w.Weight})
	}
	return out
}

// alone explains one text by one stage.
func alone(t *testing.T, c classify.Classifier, text string) []word {
	t.Helper()
	var out classify.Results
	var why classify.Explanations
	batch := texts(text)
	if err := c.Classify(t.Context(), batch, &out); err != nil {
		t.Fatal(err)
	}
	if err := classify.ExplainerOf(c).Explain(t.Context(), batch, &out, 0, &why); err != nil {
		t.Fatal(err)
	}
	return named(why.Row(0), c.Info().Labels)
}

// TestExplainNeedsEveryStage: a stage that can't say why takes the capability from the cascade.
func TestExplainNeedsEveryStage(t *testing.T) {
	mute := struct{ classify.Classifier }{newStatic(t, static.Config{Labels: tickets})}
	c := newCascade(t, cascade.Config{Stages: []cascade.Stage{{Classifier: newStatic(t, static.Config{Labels: tickets}), Confidence: 0.6}, {Classifier: mute}}})
	if x := classify.ExplainerOf(c); x != nil {
		t.Errorf("there is an explainer, %T", x)
	}
}
