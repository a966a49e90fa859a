package encoder_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/classifytest"
	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/encoder"
	"github.com/winnow-stream/winnow/classify/prototype"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// embedded is an encoder over the model that is compiled in.
func embedded(t testing.TB, threads int) *encoder.Encoder {
	t.Helper()
	m, err := encoder.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return encoder.NewEncoder(m, threads)
}

func newClassifier(t testing.TB, e *encoder.Encoder, cfg prototype.Config) *encoder.Classifier {
	t.Helper()
	c, err := encoder.New(encoder.Config{Config: cfg, Encoder: e})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestConformance runs the suite with a toy model, which has its three words only but takes no time.
func TestConformance(t *testing.T) {
	m, err := toy(t).read(encoder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	e := encoder.NewEncoder(m, 2)
	labels := classify.LabelSet{{Name: "cat"}, {Name: "dogs", Examples: []string{"the dog"}}, {Name: "late", Description: "where is my card"}}
	zero := 0.0
	for name, cfg := range map[string]prototype.Config{
		"single": {Labels: labels},
		"multi":  {Labels: labels, Answers: classify.Answers{Mode: classify.Multi, Threshold: &zero}},
	} {
		t.Run(name, func(t *testing.T) {
			classifytest.Run(t, func() classify.Classifier { return newClassifier(t, e, cfg) })
		})
	}
}

func TestRefine(t *testing.T) {
	c := newClassifier(t, embedded(t, 1), prototype.Config{Labels: evalset.Tickets})
	r := c.NewRefinement()
	if err := r.Add(evalset.Array(slices.Repeat([]string{"refund please", "it crashes", "well done"}, 30)...)); err != nil {
		t.Fatal(err)
	}
	state, err := r.Finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	refined, err := c.Refined(state)
	if err != nil {
		t.Fatal(err)
	}
	if refined.Info().Version == c.Info().Version {
		t.Error("the refined classifier has the version of the other")
	}
	if _, err := c.Refined(state[1:]); !fault.Is(err, fault.StateDamaged) {
		t.Errorf("damaged state: %v", err)
	}
}

func TestCancelled(t *testing.T) {
	c := newClassifier(t, embedded(t, 1), prototype.Config{Labels: evalset.Tickets})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out classify.Results
	if err := c.Classify(ctx, evalset.Array("x"), &out); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestNoWords(t *testing.T) {
	_, err := encoder.New(encoder.Config{Config: prototype.Config{Labels: classify.LabelSet{{Name: "ꙮ"}, {Name: "card"}}}, Encoder: embedded(t, 1)})
	if !fault.Is(err, fault.LabelsNoWords) {
		t.Errorf("a label without a known word: %v", err)
	}
}

// TestAllocations: buffers are made once; a call has a few small objects, a text none.
func TestAllocations(t *testing.T) {
	m, err := toy(t).read(encoder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := newClassifier(t, encoder.NewEncoder(m, 1), prototype.Config{Labels: classify.LabelSet{{Name: "cat"}, {Name: "dog"}}})
	texts := evalset.Array(slices.Repeat([]string{"where is my card", "the cat is late"}, 1000)...)
	var out classify.Results
	n := testing.AllocsPerRun(5, func() {
		if err := c.Classify(t.Context(), texts, &out); err != nil {
			t.Fatal(err)
		}
	})
	if per := n / float64(texts.Len()); per >= 0.05 {
		t.Errorf("%v allocations a text, want below 0.05", per)
	}
}
