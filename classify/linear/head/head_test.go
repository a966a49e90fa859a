package head_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/classifytest"
	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/linear/head"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// phrases are what examples are put together from, by label.
var phrases = map[string][]string{
	"billing":  {"you charged me twice", "where is my refund", "the invoice is wrong", "my payment failed", "cancel my subscription fee"},
	"bug":      {"it crashes when I open settings", "the button does nothing", "I get error 500", "the page stays blank", "it freezes all the time"},
	"praise":   {"thank you so much", "what a great app", "I love the new design", "wonderful support team", "five stars from me"},
	"shipping": {"my parcel has not arrived", "the package was left at the wrong door", "when will my order be delivered", "tracking shows nothing", "the courier lost it"},
}

// tickets are examples of four labels, n times 20 in all.
func tickets(n int) []head.Example {
	var out []head.Example
	for i := range n {
		for _, label := range []string{"billing", "bug", "praise", "shipping"} {
			for k, p := range phrases[label] {
				text := fmt.Sprintf([]string{"%s", "hello, %s", "%s please help", "hi team %s!", "again: %s"}[(i+k)%5], p)
				out = append(out, head.Example{Text: fmt.Sprint(text, strings.Repeat(" now", i/5)), Labels: []string{label}})
			}
		}
	}
	return out
}

// several are examples with none, one or two labels.
func several() []head.Example {
	var out []head.Example
	all := tickets(2)
	for i, e := range all {
		out = append(out, e)
		other := all[(i+13)%len(all)]
		if other.Labels[0] != e.Labels[0] {
			out = append(out, head.Example{Text: e.Text + " and " + other.Text, Labels: []string{e.Labels[0], other.Labels[0]}})
		}
		out = append(out, head.Example{Text: fmt.Sprintf("the weather on day %d was mild", i)})
	}
	return out
}

func each(examples []head.Example) iter.Seq2[head.Example, error] {
	return func(yield func(head.Example, error) bool) {
		for _, e := range examples {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func train(t testing.TB, cfg head.Config, examples []head.Example) (*head.Model, *head.Report) {
	t.Helper()
	m, r, err := head.Train(t.Context(), cfg, each(examples), nil)
	if err != nil {
		t.Fatal(err)
	}
	return m, r
}

func ptr(f float64) *float64 { return &f }

func TestConformance(t *testing.T) {
	single, _ := train(t, head.Config{}, tickets(3))
	multi, _ := train(t, head.Config{Mode: classify.Multi}, several())
	with := func(m *head.Model, a head.Answer) *head.Model {
		m, err := m.With(a)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for name, m := range map[string]*head.Model{
		"single":    single,
		"top 2":     with(single, head.Answer{TopK: 2}),
		"all":       with(single, head.Answer{TopK: 4}),
		"abstain":   with(single, head.Answer{Abstain: 0.8}),
		"other":     with(single, head.Answer{Abstain: 0.8, AbstainLabel: "other", TopK: 1}),
		"multi":     multi,
		"multi all": with(multi, head.Answer{Threshold: ptr(0), TopK: 3}),
	} {
		t.Run(name, func(t *testing.T) {
			classifytest.Run(t, func() classify.Classifier { return m })
		})
	}
}

func TestAnswers(t *testing.T) {
	m, _ := train(t, head.Config{}, tickets(3))
	var out classify.Results
	texts := []string{"you charged my card twice", "the app crashes", "great, thank you", "where is my parcel", "", "\u2603\u2603"}
	if err := m.Classify(t.Context(), evalset.Array(texts...), &out); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"billing", "bug", "praise", "shipping"} {
		if got := m.Info().Labels[out.Label[i]]; got != want {
			t.Errorf("%q is %s, want %s", texts[i], got, want)
		}
	}
	for i := 4; i < len(texts); i++ {
		if out.Label[i] != -1 || out.Reason[i] != classify.NoKnownWords {
			t.Errorf("%q: label %d, reason %q", texts[i], out.Label[i], out.Reason[i])
		}
	}
}

func TestSeveralLabels(t *testing.T) {
	m, _ := train(t, head.Config{Mode: classify.Multi}, several())
	for text, want := range map[string][]string{
		"you charged me twice and it crashes when I open settings": {"billing", "bug"},
		"thank you so much":              {"praise"},
		"the weather on day 90 was mild": nil,
	} {
		var out classify.Results
		if err := m.Classify(t.Context(), evalset.Array(text), &out); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range out.RowScores(0) {
			got = append(got, m.Info().Labels[s.Label])
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got)\n%s", text, diff)
		}
	}
}

func TestOneLabel(t *testing.T) {
	var examples []head.Example
	for _, e := range tickets(2) {
		if e.Labels[0] != "bug" {
			e.Labels = nil
		}
		examples = append(examples, e)
	}
	m, _ := train(t, head.Config{Mode: classify.Multi}, examples)
	var out classify.Results
	if err := m.Classify(t.Context(), evalset.Array("it crashes when I open it", "thanks a lot"), &out); err != nil {
		t.Fatal(err)
	}
	if out.Label[0] != 0 || out.Label[1] != -1 {
		t.Errorf("labels %v, want the only label and none", out.Label)
	}
}

// TestSameForAnyWorkers: a model depends on the examples and the seed, not on how many goroutines train.
func TestSameForAnyWorkers(t *testing.T) {
	for name, c := range map[string]struct {
		mode     classify.Mode
		examples []head.Example
	}{"single": {classify.Single, tickets(5)}, "multi": {classify.Multi, several()}} {
		t.Run(name, func(t *testing.T) {
			var versions []string
			for _, workers := range []int{1, 4, 4} {
				m, _ := train(t, head.Config{Mode: c.mode, Workers: workers, Seed: 7}, c.examples)
				versions = append(versions, m.Info().Version)
			}
			if versions[0] != versions[1] || versions[1] != versions[2] {
				t.Errorf("versions %v with 1, 4 and 4 workers", versions)
			}
		})
	}
}

// TestCurveOfMany: parameters are tried on a part of many rows; what all of them gave is the curve's last point.
func TestCurveOfMany(t *testing.T) {
	const rows = 13_000
	examples := make([]head.Example, rows)
	for i := range examples {
		examples[i] = head.Example{Text: fmt.Sprintf("%s %d", []string{"refund", "crash"}[i%2], i), Labels: []string{[]string{"billing", "bug"}[i%2]}}
	}
	_, r := train(t, head.Config{}, examples)
	if last := r.Curve[len(r.Curve)-1]; last.Rows < rows*6/10 || last.Score != r.Accuracy || r.Curve[len(r.Curve)-2].Rows > rows*4/10 {
		t.Errorf("curve %v, accuracy %v", r.Curve, r.Accuracy)
	}
}

func TestReport(t *testing.T) {
	examples := append(tickets(4), head.Example{Text: "you charged me twice ", Labels: []string{"bug"}})
	labels := classify.LabelSet{
		{Name: "billing"},
		{Name: "bug"},
		{Name: "praise"},
		{Name: "shipping"},
		{Name: "password reset", Description: "the user can't log in and forgot the password"},
	}
	var stages []string
	m, r, err := head.Train(t.Context(), head.Config{Labels: labels}, each(examples), func(p head.Progress) {
		if len(stages) == 0 || stages[len(stages)-1] != p.Stage {
			stages = append(stages, p.Stage)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"read", "features", "choose", "train", "curve"}, stages); diff != "" {
		t.Errorf("stages (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]head.Duplicate{{First: 1, Second: 81, Labels: [2]string{"billing", "bug"}}}, r.Duplicates); diff != "" {
		t.Errorf("duplicates (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"password reset"}, r.Empty); diff != "" {
		t.Errorf("empty labels (-want +got)\n%s", diff)
	}
	if r.Rows != 81 || r.Used != 81 || r.Tested != 81 || r.Labels != 5 || len(r.PerLabel) != 5 || len(r.Curve) < 3 || len(r.Tried) != 1 {
		t.Errorf("report %+v", r)
	}
	if r.Accuracy < 0.9 || r.ECE > 0.2 || r.Expected < 0.9 || r.Expected > 1 {
		t.Errorf("accuracy %v, calibration error %v, expected %v", r.Accuracy, r.ECE, r.Expected)
	}
	var out classify.Results
	if err := m.Classify(t.Context(), evalset.Array("I forgot my password and can't log in"), &out); err != nil {
		t.Fatal(err)
	}
	if got := m.Info().Labels[out.Label[0]]; got != "password reset" {
		t.Errorf("a label known by its text alone: %s", got)
	}
}

func TestWeights(t *testing.T) {
	// The same text under two labels: what counts more wins.
	var examples []head.Example
	for range 4 {
		for _, l := range []string{"a", "b"} {
			examples = append(examples, head.Example{Text: "nothing to tell them apart", Labels: []string{l}})
		}
	}
	for heavy, light := range map[string]string{"a": "b", "b": "a"} {
		m, _ := train(t, head.Config{Weights: map[string]float64{heavy: 5, light: 0.2}}, examples)
		var out classify.Results
		if err := m.Classify(t.Context(), evalset.Array("nothing to tell them apart"), &out); err != nil {
			t.Fatal(err)
		}
		if got := m.Info().Labels[out.Label[0]]; got != heavy {
			t.Errorf("label %s, want %s", got, heavy)
		}
	}
	balanced, _ := train(t, head.Config{Balanced: true}, tickets(2))
	plain, _ := train(t, head.Config{}, tickets(2)[:30])
	if balanced.Info().Version == plain.Info().Version {
		t.Error("balanced has no effect")
	}
}

func TestRefuses(t *testing.T) {
	two := []head.Example{{Text: "a", Labels: []string{"x"}}, {Text: "b", Labels: []string{"y"}}}
	one := []head.Example{{Text: "a", Labels: []string{"x"}}, {Text: "b", Labels: []string{"x"}}}
	for name, c := range map[string]struct {
		cfg      head.Config
		examples []head.Example
		want     string
	}{
		"none":           {head.Config{}, nil, "train.too_few: training takes at least 2 examples, and gets 0"},
		"one example":    {head.Config{}, two[:1], "train.too_few: training takes at least 2 examples, and gets 1"},
		"one label":      {head.Config{}, one, `train.one_label: every example has the label "x"; there is nothing to tell it from`},
		"no label":       {head.Config{Mode: classify.Multi}, []head.Example{{Text: "a"}, {Text: "b"}}, "train.one_label: no example has a label"},
		"two in single":  {head.Config{}, []head.Example{two[0], {Text: "b", Labels: []string{"x", "y"}}}, "row 2: train.label: an example has 2 labels, and the mode is single"},
		"unknown label":  {head.Config{Labels: classify.LabelSet{{Name: "x"}}}, two, `row 2: train.label: an example has the label "y", which is not one of the labels`},
		"blank label":    {head.Config{}, []head.Example{two[0], {Text: "b", Labels: []string{" "}}}, "labels[1]: labels.blank: a label is empty or blank"},
		"mode":           {head.Config{Mode: "both"}, two, `mode.unknown: mode "both" is neither single nor multi`},
		"threshold":      {head.Config{Answer: head.Answer{Threshold: ptr(0.5)}}, two, "threshold.mode: threshold 0.5 in single mode"},
		"abstain":        {head.Config{Answer: head.Answer{Abstain: 2}}, two, "threshold.range: abstain 2 is not from 0 to 1"},
		"top_k":          {head.Config{Answer: head.Answer{TopK: 3}}, two, "top_k.range: top_k is 3, with 2 labels"},
		"weight":         {head.Config{Weights: map[string]float64{"x": -1}}, two, `config.field: the weight of the label "x" is -1, not above 0 and at most 1e6`},
		"unknown weight": {head.Config{Weights: map[string]float64{"z": 1}}, two, `train.label: a weight for the label "z", which no example has`},
		"budget":         {head.Config{Budget: -1}, two, "config.field: a budget of -1ns"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := head.Train(t.Context(), c.cfg, each(c.examples), nil)
			var coded *fault.Error
			if err == nil || !errors.As(err, &coded) || err.Error() != c.want {
				t.Errorf("error\n%v, want\n%s", err, c.want)
			}
		})
	}
}

func TestErrorsOfExamples(t *testing.T) {
	broken := errors.New("the disk is gone")
	_, _, err := head.Train(t.Context(), head.Config{}, func(yield func(head.Example, error) bool) {
		yield(head.Example{}, broken)
	}, nil)
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, _, err = head.Train(ctx, head.Config{}, func(yield func(head.Example, error) bool) {
		for _, e := range tickets(5) {
			if !yield(e, nil) {
				return
			}
		}
		cancel()
	}, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}

// TestAnyTexts: texts of which nothing is known are no obstacle.
func TestAnyTexts(t *testing.T) {
	train(t, head.Config{}, []head.Example{{Labels: []string{"x"}}, {Labels: []string{"y"}}})
	train(t, head.Config{}, []head.Example{
		{Text: "\xff\xfe", Labels: []string{"x"}}, {Text: strings.Repeat("word ", 20000), Labels: []string{"y"}}, {Text: "我还没有收到", Labels: []string{"x"}},
	})
}

func TestNoAllocations(t *testing.T) {
	single, _ := train(t, head.Config{}, tickets(3))
	multi, _ := train(t, head.Config{Mode: classify.Multi}, several())
	var texts []string
	for _, e := range tickets(100) {
		texts = append(texts, e.Text)
	}
	batch := evalset.Array(texts...)
	for _, m := range []*head.Model{single, multi} {
		var out classify.Results
		run := func() {
			if err := m.Classify(t.Context(), batch, &out); err != nil {
				t.Fatal(err)
			}
		}
		run()
		if n := testing.AllocsPerRun(5, run) / float64(len(texts)); n >= 0.05 {
			t.Errorf("%v allocations a text in mode %s", n, m.Info().Mode)
		}
	}
}
