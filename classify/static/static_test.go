package static_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/classifytest"
	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

func newClassifier(t testing.TB, cfg static.Config) *static.Classifier {
	t.Helper()
	c, err := static.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func ptr(f float64) *float64 { return &f }

func TestConformance(t *testing.T) {
	few := append(classify.LabelSet(nil), evalset.Tickets...)
	few[1].Examples = []string{"it crashes", "the button does nothing", "error 500"}
	for name, cfg := range map[string]static.Config{
		"single":    {Labels: evalset.Tickets},
		"top 2":     {Labels: evalset.Tickets, Answers: classify.Answers{TopK: 2}},
		"all":       {Labels: evalset.Tickets, Answers: classify.Answers{TopK: 3}},
		"multi":     {Labels: evalset.Tickets, Answers: classify.Answers{Mode: classify.Multi}},
		"multi all": {Labels: evalset.Tickets, Answers: classify.Answers{Mode: classify.Multi, Threshold: ptr(0), TopK: 2}},
		"abstain":   {Labels: evalset.Tickets, Answers: classify.Answers{Abstain: 0.8}},
		"other":     {Labels: evalset.Tickets, Answers: classify.Answers{Abstain: 0.8, AbstainLabel: "other", TopK: 1}},
		"detection": {Labels: evalset.Tickets[1:2]},
		"examples":  {Labels: few},
	} {
		t.Run(name, func(t *testing.T) {
			classifytest.Run(t, func() classify.Classifier { return newClassifier(t, cfg) })
		})
	}
	t.Run("refined", func(t *testing.T) {
		classifytest.Run(t, func() classify.Classifier {
			c := newClassifier(t, static.Config{Labels: evalset.Tickets})
			return refineOver(t, c, 100)
		})
	})
}

// refineOver refines a classifier over n made-up texts.
func refineOver(t testing.TB, c *static.Classifier, n int) classify.Classifier {
	t.Helper()
	r := c.NewRefinement()
	for i := range n {
		text := []string{"please refund order %d", "page %d shows an error", "%d stars, I love it"}[i%3]
		if err := r.Add(evalset.Array(fmt.Sprintf(text, i))); err != nil {
			t.Fatal(err)
		}
	}
	state, err := r.Finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	refined, err := c.Refined(state)
	if err != nil {
		t.Fatal(err)
	}
	return refined
}

// answers are the labels of texts with their confidences.
func answers(t testing.TB, c classify.Classifier, texts ...string) string {
	t.Helper()
	var out classify.Results
	if err := c.Classify(t.Context(), evalset.Array(texts...), &out); err != nil {
		t.Fatal(err)
	}
	name := func(i int32) string {
		if i < 0 {
			return "null"
		}
		return c.Info().Labels[i]
	}
	var lines []string
	for i := range texts {
		line := fmt.Sprintf("%s %v", name(out.Label[i]), out.Confidence[i])
		if out.Reason[i] != classify.Labelled {
			line += " " + out.Reason[i].String()
		}
		parts := []string{line}
		for _, s := range out.RowScores(i) {
			parts = append(parts, fmt.Sprintf("%s %v", name(s.Label), s.Confidence))
		}
		lines = append(lines, strings.Join(parts, " | "))
	}
	return strings.Join(lines, "\n")
}

func TestAnswers(t *testing.T) {
	texts := []string{"you charged me twice", "it crashes all the time", "what a great app, but it crashes and I want my money back", "zzzqqqxxx", "hmm"}
	for _, c := range []struct {
		name string
		cfg  static.Config
	}{
		{"single", static.Config{}},
		{"top_k", static.Config{Answers: classify.Answers{TopK: 2}}},
		{"multi", static.Config{Answers: classify.Answers{Mode: classify.Multi}}},
		{"multi, low threshold, top_k", static.Config{Answers: classify.Answers{Mode: classify.Multi, Threshold: ptr(0.1), TopK: 1}}},
		{"abstain", static.Config{Answers: classify.Answers{Abstain: 0.9}}},
		{"abstain by name", static.Config{Answers: classify.Answers{Abstain: 0.9, AbstainLabel: "other", TopK: 2}}},
		{"abstain by one of the labels", static.Config{Answers: classify.Answers{Abstain: 0.9, AbstainLabel: "praise"}}},
		{"temperature", static.Config{Temperature: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.cfg.Labels = evalset.Tickets
			golden(t, c.name, answers(t, newClassifier(t, c.cfg), texts...))
		})
	}
	t.Run("detection", func(t *testing.T) {
		golden(t, "detection", answers(t, newClassifier(t, static.Config{Labels: evalset.Tickets[1:2]}), texts...))
		golden(t, "detection with abstain", answers(t, newClassifier(t, static.Config{Labels: evalset.Tickets[1:2], Answers: classify.Answers{Abstain: 0.5}}), texts...))
	})
}

func TestConfigProblems(t *testing.T) {
	cases := []struct {
		name string
		cfg  static.Config
		want string
	}{
		{"no labels", static.Config{}, "labels.required: there are no labels"},
		{
			"everything",
			static.Config{Labels: classify.LabelSet{{Name: "a"}, {Name: "A"}}, Answers: classify.Answers{Threshold: ptr(0.5), Abstain: 2, TopK: 3}, Temperature: -1},
			`labels[1]: labels.duplicate: labels[0] "a" and labels[1] "A" are the same
threshold.mode: threshold 0.5 in single mode
threshold.range: abstain 2 is not from 0 to 1
top_k.range: top_k is 3, with 2 labels
config.field: temperature -1 is not from 0 to 100`,
		},
		{"mode", static.Config{Labels: evalset.Tickets, Answers: classify.Answers{Mode: "Multi"}}, `mode.unknown: mode "Multi" is neither single nor multi`},
		{"threshold", static.Config{Labels: evalset.Tickets, Answers: classify.Answers{Mode: classify.Multi, Threshold: ptr(-0.1)}}, "threshold.range: threshold -0.1 is not from 0 to 1"},
		{
			"no words",
			static.Config{Labels: classify.LabelSet{{Name: "ꙮ"}, {Name: "card"}, {Name: "ꙭ", Description: "ꙮ"}}},
			"labels.no_known_words: no word of the label \"ꙮ\" is known\nlabels.no_known_words: no word of the label \"ꙭ\" is known",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := static.New(c.cfg)
			if got := fmt.Sprint(err); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestVersion: everything that decides an answer is in the version, and nothing else.
func TestVersion(t *testing.T) {
	seen := map[string]string{}
	described := append(classify.LabelSet(nil), evalset.Tickets...)
	described[0].Description = "money"
	examples := append(classify.LabelSet(nil), evalset.Tickets...)
	examples[0].Examples = []string{"I want a refund"}
	for name, cfg := range map[string]static.Config{
		"plain": {Labels: evalset.Tickets}, "top_k": {Labels: evalset.Tickets, Answers: classify.Answers{TopK: 1}}, "multi": {Labels: evalset.Tickets, Answers: classify.Answers{Mode: classify.Multi}},
		"threshold": {Labels: evalset.Tickets, Answers: classify.Answers{Mode: classify.Multi, Threshold: ptr(0.4)}}, "abstain": {Labels: evalset.Tickets, Answers: classify.Answers{Abstain: 0.5}},
		"abstain label": {Labels: evalset.Tickets, Answers: classify.Answers{Abstain: 0.5, AbstainLabel: "x"}}, "temperature": {Labels: evalset.Tickets, Temperature: 0.1},
		"description": {Labels: described}, "examples": {Labels: examples}, "order": {Labels: classify.LabelSet{evalset.Tickets[1], evalset.Tickets[0], evalset.Tickets[2]}},
		"fewer": {Labels: evalset.Tickets[:2]},
	} {
		v := newClassifier(t, cfg).Info().Version
		if other, dup := seen[v]; dup {
			t.Errorf("%s and %s have the version %s", name, other, v)
		}
		seen[v] = name
		if again := newClassifier(t, cfg).Info().Version; again != v {
			t.Errorf("%s: versions %s and %s", name, v, again)
		}
	}
	// A constant: answers may not change from machine to machine, or from release to release without notice.
	golden(t, "version", newClassifier(t, static.Config{Labels: evalset.Tickets}).Info().Version)
}

func TestRefinedState(t *testing.T) {
	c := newClassifier(t, static.Config{Labels: evalset.Tickets})
	r := c.NewRefinement()
	if err := r.Add(evalset.Array(strings.Split(strings.Repeat("please refund me,it crashes,well done,", 40), ",")...)); err != nil {
		t.Fatal(err)
	}
	state, err := r.Finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	moved, err := c.Refined(state)
	if err != nil {
		t.Fatal(err)
	}
	if moved.Info().Version == c.Info().Version || moved.Info().Version[:7] != "static-" {
		t.Errorf("versions %s and, refined, %s", c.Info().Version, moved.Info().Version)
	}
	for i := range state {
		torn := append([]byte(nil), state...)
		torn[i] ^= 0x10
		if _, err := c.Refined(torn); !fault.Is(err, fault.StateDamaged) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
	}
	for _, n := range []int{0, 10, 30, len(state) - 1} {
		if _, err := c.Refined(state[:n]); !fault.Is(err, fault.StateDamaged) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
	other := newClassifier(t, static.Config{Labels: evalset.Tickets, Answers: classify.Answers{TopK: 1}})
	if _, err := other.Refined(state); !fault.Is(err, fault.StateForeign) {
		t.Errorf("state of another version: %v", err)
	}
}

// TestRefinementSample: the batches' sizes don't matter, nor does an input far beyond the sample.
func TestRefinementSample(t *testing.T) {
	c := newClassifier(t, static.Config{Labels: evalset.Tickets})
	var all []string
	for i := range 40000 {
		all = append(all, []string{"please refund order %d", "page %d shows an error", "%d stars, I love it"}[i*i%7%3])
	}
	state := func(size int) []byte {
		r := c.NewRefinement()
		for at := 0; at < len(all); at += size {
			if err := r.Add(evalset.Array(all[at:min(at+size, len(all))]...)); err != nil {
				t.Fatal(err)
			}
		}
		state, err := r.Finish(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return state
	}
	if diff := cmp.Diff(state(len(all)), state(777)); diff != "" {
		t.Error("the state depends on the size of batches")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := c.NewRefinement()
	_ = r.Add(evalset.Array(all[:100]...))
	if _, err := r.Finish(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	var out classify.Results
	if err := c.Classify(ctx, evalset.Array("x"), &out); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestAllocations(t *testing.T) {
	texts := benchTexts(t, false)
	for name, cfg := range map[string]static.Config{
		"single": {Labels: evalset.Tickets}, "multi": {Labels: evalset.Tickets, Answers: classify.Answers{Mode: classify.Multi}}, "top_k": {Labels: evalset.Tickets, Answers: classify.Answers{TopK: 2}},
	} {
		c := newClassifier(t, cfg)
		var out classify.Results
		n := testing.AllocsPerRun(5, func() {
			if err := c.Classify(t.Context(), texts, &out); err != nil {
				t.Fatal(err)
			}
		})
		if per := n / float64(texts.Len()); per >= 0.05 {
			t.Errorf("%s: %v allocations a text, want below 0.05", name, per)
		}
	}
}
