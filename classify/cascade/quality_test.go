package cascade_test

import (
	"math/rand/v2"
	"os"
	"testing"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/cascade"
	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/linear/head"
)

const (
	firstExamples = 16    // a label, that the first stage learns from
	wantedLoss    = 0.002 // that the confidence is chosen for
	mostLoss      = 0.007 // of the cascade on the test split
	mostShare     = 0.5   // of it that the second stage sees
)

// TestHeads lets a classifier of few examples answer what it is sure of, and one of all examples the rest. The confidence
// is chosen on a fifth of the examples that neither of two others has learnt from, and applied to the test split.
func TestHeads(t *testing.T) {
	if os.Getenv("WINNOW_QUALITY") == "" {
		t.Skip("training on whole sets is left to make test-all")
	}
	for _, name := range []string{"banking77", "clinc150", "hwu64", "snips", "sms_spam"} {
		t.Run(name, func(t *testing.T) {
			s := evalset.Load(t, name)
			labels, all, test := s.Labels, lessons(s.Train), lessons(s.Test)
			rand.New(rand.NewPCG(1, 0)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			held, rest := all[:len(all)/5], all[len(all)/5:]
			first, fold := trained(t, labels, few(rest, firstExamples)), trained(t, labels, rest)
			choice := chosen(t, paired(ask(t, first, held), ask(t, fold, held)))

			second := trained(t, labels, all)
			both, err := cascade.New(cascade.Config{Stages: []cascade.Stage{{Classifier: first, Confidence: choice.Confidence}, {Classifier: second}}})
			if err != nil {
				t.Fatal(err)
			}
			alone, tiered := accuracy(ask(t, second, test)), accuracy(ask(t, both, test))
			share := both.Report().Share(1)
			t.Logf("below %.4f %.1f %% go on: accuracy %.2f, the second alone %.2f, the first %.2f; chosen for %.1f %% and %.2f points, out of fold %.2f",
				choice.Confidence, 100*share, 100*tiered, 100*alone, 100*accuracy(ask(t, first, test)), 100*choice.Share, 100*choice.Loss, 100*choice.HeldLoss)
			if alone-tiered > mostLoss || share > mostShare {
				t.Errorf("%.2f points lost and %.1f %% go on, want at most %v and %v %%", 100*(alone-tiered), 100*share, 100*mostLoss, 100*mostShare)
			}
		})
	}
}

// chosen is the confidence for the wanted loss.
func chosen(t *testing.T, all []cascade.Outcome) cascade.Choice {
	t.Helper()
	curve, err := cascade.NewCurve(all)
	if err != nil {
		t.Fatal(err)
	}
	choice, err := curve.Choose(wantedLoss)
	if err != nil {
		t.Fatal(err)
	}
	return choice
}

// answered is how a classifier did on one example.
type answered struct {
	confidence  float32
	null, right bool
}

// ask lets a classifier answer all examples.
func ask(t *testing.T, c classify.Classifier, examples []head.Example) []answered {
	t.Helper()
	all := make([]string, len(examples))
	for i, e := range examples {
		all[i] = e.Text
	}
	var out classify.Results
	if err := c.Classify(t.Context(), texts(all...), &out); err != nil {
		t.Fatal(err)
	}
	names, answers := c.Info().Labels, make([]answered, len(examples))
	for i, e := range examples {
		l := out.Label[i]
		answers[i] = answered{out.Confidence[i], l < 0, l >= 0 && names[l] == e.Labels[0]}
	}
	return answers
}

func paired(first, second []answered) []cascade.Outcome {
	all := make([]cascade.Outcome, len(first))
	for i, a := range first {
		all[i] = cascade.Outcome{Confidence: a.confidence, Null: a.null, First: a.right, Second: second[i].right}
	}
	return all
}

func accuracy(all []answered) float64 {
	right := 0
	for _, a := range all {
		if a.right {
			right++
		}
	}
	return float64(right) / float64(len(all))
}

func trained(t *testing.T, labels classify.LabelSet, examples []head.Example) *head.Model {
	t.Helper()
	m, _, err := head.Train(t.Context(), head.Config{Labels: labels}, func(yield func(head.Example, error) bool) {
		for _, e := range examples {
			if !yield(e, nil) {
				return
			}
		}
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// few are the first n examples of each label.
func few(all []head.Example, n int) (out []head.Example) {
	got := map[string]int{}
	for _, e := range all {
		if l := e.Labels[0]; got[l] < n {
			got[l]++
			out = append(out, e)
		}
	}
	return out
}

// lessons are examples as they are learnt from.
func lessons(examples []evalset.Example) []head.Example {
	out := make([]head.Example, len(examples))
	for i, e := range examples {
		out[i] = head.Example{Text: e.Text, Labels: e.Labels}
	}
	return out
}
